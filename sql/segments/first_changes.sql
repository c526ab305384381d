-- One row per segment and member on the first night of all: everybody has entered. Reads: segment_members.
select
    cast($as_of as date) as as_of,
    segment,
    customer_id,
    'entered' as change,
    'first night' as reason
from segment_members
