"""What the sample retailer sells and who likes it: categories, brands and tastes; nothing but data.

A taste is a relative weight. Prices are in yuan.
"""

from dataclasses import dataclass

PERSONAS = ("young_woman", "mother", "woman", "young_man", "man", "senior", "pet_owner")


@dataclass(frozen=True)
class Category:
    """A category with its prices, its returns, its cycle and who buys it."""

    name: str
    code: str
    nouns: tuple[str, ...]
    brands: tuple[str, str, str]
    prices: tuple[int, int, int]
    """Typical list price of the cheap, the middle and the dear shelf."""
    return_rate: float
    cycle_days: int
    """Days that a pack lasts; 0 = not used up."""
    habit_rate: float
    """Share of the persons with the taste who buy it again and again."""
    season: str
    """spring, summer, autumn, winter or even."""
    tastes: tuple[float, ...]
    """One weight per persona."""
    max_pieces: int = 1


CATEGORIES = (
    Category("婴儿奶粉", "NF", ("婴儿配方奶粉2段", "婴儿配方奶粉3段", "有机奶粉"), ("贝因", "启蒙牧场", "安悦"),
             (168, 268, 398), 0.01, 30, 0.55, "even", (0.0, 6, 0.2, 0.0, 0.4, 0.1, 0.2), 3),
    Category("纸尿裤", "NK", ("拉拉裤L码", "纸尿裤M码", "夜用拉拉裤"), ("柔宝", "云朵", "棉时光"),
             (69, 109, 169), 0.02, 28, 0.35, "even", (0.0, 5, 0.1, 0.0, 0.3, 0.1, 0.1), 3),
    Category("护肤", "HF", ("保湿面霜", "精华液", "洁面乳", "防晒霜"), ("花间", "水研", "兰序"),
             (59, 159, 420), 0.03, 60, 0.22, "even", (8, 4, 7, 1.2, 0.6, 1.5, 3), 2),
    Category("彩妆", "CZ", ("口红", "气垫粉底", "眉笔"), ("花间", "绯色", "兰序"),
             (39, 99, 260), 0.05, 75, 0.10, "even", (7, 1.5, 3, 0.2, 0.1, 0.2, 2), 2),
    Category("洗护", "XH", ("洗发水500ml", "沐浴露1L", "牙膏套装", "洗衣液3kg"), ("清悦", "海盐里", "植然"),
             (25, 49, 89), 0.01, 45, 0.14, "even", (4, 4, 4, 3, 3, 4, 4), 3),
    Category("零食", "LS", ("每日坚果", "海苔脆", "牛肉干", "曲奇饼干"), ("馋小铺", "山野集", "好味道"),
             (12, 29, 68), 0.01, 9, 0.12, "winter", (8, 5, 4, 7, 3, 3, 5), 4),
    Category("饮料", "YL", ("无糖气泡水", "乌龙茶", "鲜牛奶1L", "咖啡液"), ("清泉", "茶语", "晨牧"),
             (5, 12, 39), 0.005, 8, 0.10, "summer", (5, 4, 3, 8, 4, 3, 4), 4),
    Category("粮油", "LY", ("东北大米5kg", "花生油5L", "面粉2.5kg"), ("丰年", "金谷", "福满仓"),
             (39, 69, 129), 0.005, 40, 0.12, "winter", (0.6, 3, 5, 0.6, 4, 8, 3), 2),
    Category("生鲜", "SX", ("车厘子1kg", "鲜鸡蛋30枚", "三文鱼柳", "红富士苹果5斤"), ("田头", "鲜道", "海捕"),
             (19, 39, 99), 0.02, 0, 0.0, "even", (2, 4, 5, 2, 3, 7, 3), 2),
    Category("女装", "NZ", ("连衣裙", "针织开衫", "阔腿裤", "羊毛大衣"), ("素年", "半夏", "云裳"),
             (119, 259, 699), 0.16, 0, 0.0, "spring", (9, 3, 7, 0.1, 0.3, 2, 3)),
    Category("男装", "MZ", ("休闲衬衫", "卫衣", "羽绒服", "直筒牛仔裤"), ("简行", "岩岸", "骏威"),
             (99, 229, 599), 0.09, 0, 0.0, "autumn", (0.5, 1, 1.5, 6, 5, 1.5, 1.5)),
    Category("童装", "TZ", ("儿童卫衣", "女童连衣裙", "儿童羽绒服"), ("小树苗", "童趣", "米朵"),
             (59, 119, 269), 0.08, 60, 0.10, "autumn", (0.1, 6, 1.0, 0.1, 1.0, 1.0, 0.2), 2),
    Category("鞋靴", "XX", ("运动鞋", "小白鞋", "短靴"), ("行者", "踏云", "骏威"),
             (139, 329, 799), 0.11, 0, 0.0, "autumn", (3, 1.5, 2, 5, 3, 1.5, 1.5)),
    Category("小家电", "JD", ("空气炸锅", "电吹风", "破壁机", "扫地机器人"), ("美居", "净界", "科沃"),
             (129, 399, 1899), 0.04, 0, 0.0, "even", (0.7, 0.9, 1.0, 1.0, 1.2, 0.8, 0.8)),
    Category("手机配件", "SJ", ("手机壳", "快充充电器", "蓝牙耳机"), ("迅联", "声野", "极点"),
             (25, 79, 299), 0.04, 0, 0.0, "even", (2, 0.7, 0.7, 6, 2.5, 0.4, 1), 2),
    Category("宠物食品", "CW", ("全价猫粮2kg", "犬粮10kg", "冻干零食"), ("喵星", "汪语", "野趣"),
             (59, 129, 289), 0.01, 35, 0.75, "even", (0.4, 0.1, 0.3, 0.3, 0.2, 0.1, 14), 2),
    Category("家居香氛", "XF", ("香薰蜡烛", "无火香薰", "车载香氛"), ("白噪", "森屿", "兰序"),
             (49, 129, 359), 0.03, 0, 0.0, "winter", (3, 1, 3, 0.8, 0.7, 0.3, 1.5)),
)  # fmt: skip
"""In the order of their numbers."""

SEASONS = {
    "even": (1.0,) * 12,
    "spring": (0.8, 0.8, 1.4, 1.5, 1.3, 1.0, 0.8, 0.8, 1.2, 1.2, 1.1, 0.9),
    "summer": (0.7, 0.7, 0.8, 1.0, 1.2, 1.5, 1.7, 1.6, 1.2, 0.9, 0.7, 0.7),
    "autumn": (0.8, 0.7, 0.9, 0.9, 0.8, 0.7, 0.7, 0.9, 1.4, 1.6, 1.5, 1.2),
    "winter": (1.7, 1.3, 0.9, 0.8, 0.8, 0.8, 0.8, 0.8, 1.0, 1.0, 1.1, 1.4),
}
"""Weight of each calendar month."""
SHELVES = 3
MODELS_PER_SHELF = 6
