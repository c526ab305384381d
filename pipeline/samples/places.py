"""Cities in which the sample's people live and shop; nothing but data."""

from dataclasses import dataclass

import numpy as np

from pipeline.samples.chance import Floats

_CITIES = """
上海 上海市 248 浦东新区,徐汇区,静安区,闵行区,杨浦区
北京 北京市 218 朝阳区,海淀区,西城区,丰台区,通州区
广东 广州市 188 天河区,越秀区,海珠区,番禺区
广东 深圳市 176 南山区,福田区,宝安区,龙岗区
四川 成都市 209 武侯区,锦江区,青羊区,高新区
浙江 杭州市 122 西湖区,上城区,拱墅区,余杭区
湖北 武汉市 124 武昌区,江汉区,洪山区,汉阳区
重庆 重庆市 160 渝中区,江北区,南岸区,渝北区
江苏 南京市 95 玄武区,鼓楼区,江宁区,建邺区
江苏 苏州市 129 姑苏区,吴中区,工业园区,相城区
陕西 西安市 129 雁塔区,碑林区,未央区,长安区
天津 天津市 139 和平区,南开区,河西区,滨海新区
湖南 长沙市 102 岳麓区,芙蓉区,雨花区,开福区
河南 郑州市 126 金水区,二七区,中原区,管城回族区
山东 青岛市 101 市南区,市北区,崂山区,黄岛区
山东 济南市 92 历下区,市中区,槐荫区,历城区
浙江 宁波市 94 海曙区,鄞州区,江北区
广东 东莞市 105 南城街道,东城街道,虎门镇
广东 佛山市 95 禅城区,南海区,顺德区
江苏 无锡市 75 梁溪区,滨湖区,新吴区
福建 厦门市 52 思明区,湖里区,集美区
福建 福州市 83 鼓楼区,台江区,仓山区
安徽 合肥市 94 庐阳区,蜀山区,包河区
辽宁 沈阳市 91 和平区,沈河区,铁西区
辽宁 大连市 75 中山区,西岗区,沙河口区
黑龙江 哈尔滨市 99 道里区,南岗区,香坊区
吉林 长春市 91 朝阳区,南关区,二道区
云南 昆明市 85 五华区,盘龙区,官渡区
广西 南宁市 87 青秀区,兴宁区,西乡塘区
江西 南昌市 63 东湖区,西湖区,红谷滩区
贵州 贵阳市 60 南明区,云岩区,观山湖区
河北 石家庄市 112 长安区,桥西区,裕华区
山西 太原市 53 小店区,迎泽区,杏花岭区
甘肃 兰州市 44 城关区,七里河区
新疆 乌鲁木齐市 41 天山区,沙依巴克区
内蒙古 呼和浩特市 34 新城区,赛罕区
海南 海口市 29 龙华区,美兰区
浙江 温州市 96 鹿城区,瓯海区,龙湾区
江苏 徐州市 91 云龙区,泉山区
河北 唐山市 77 路北区,路南区
宁夏 银川市 29 兴庆区,金凤区
"""


@dataclass(frozen=True)
class City:
    """A city with its province and districts; `weight` follows its population."""

    province: str
    name: str
    weight: int
    districts: tuple[str, ...]


def _city(line: str) -> City:
    province, name, weight, districts = line.split()
    return City(province, name, int(weight), tuple(districts.split(",")))


CITIES: tuple[City, ...] = tuple(_city(line) for line in _CITIES.strip().splitlines())
CITY_WEIGHTS: Floats = np.array([city.weight for city in CITIES], dtype=np.float64)
PROVINCE_SUFFIXES = {
    "上海": "上海市", "北京": "北京市", "天津": "天津市", "重庆": "重庆市", "广西": "广西壮族自治区",
    "内蒙古": "内蒙古自治区", "宁夏": "宁夏回族自治区", "新疆": "新疆维吾尔自治区",
}  # fmt: skip


def full_province(short: str) -> str:
    """The province as the platforms write it."""
    return PROVINCE_SUFFIXES.get(short, f"{short}省")
