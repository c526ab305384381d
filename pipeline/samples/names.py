"""Words that Chinese names and nicknames are made of, by their frequency; nothing but data.

Surnames weigh about as in the census (per ten thousand). All characters exist in GBK.
"""

import numpy as np

from pipeline.samples.chance import Floats

_SURNAMES = """
王wang721 李li719 张zhang683 刘liu538 陈chen453 杨yang308 赵zhao229 黄huang223 周zhou212 吴wu205 徐xu167 孙sun154
胡hu131 朱zhu126 高gao121 林lin118 何he117 郭guo115 马ma110 罗luo104 梁liang97 宋song93 郑zheng90 谢xie85 韩han80
唐tang77 冯feng70 于yu67 董dong66 萧xiao61 程cheng57 曹cao56 袁yuan55 邓deng54 许xu53 傅fu52 沈shen50 曾zeng50
彭peng48 吕lv47 苏su46 卢lu45 蒋jiang44 蔡cai43 贾jia42 丁ding42 魏wei41 薛xue40 叶ye40 阎yan39 余yu38 潘pan38
杜du37 戴dai36 夏xia35 钟zhong35 汪wang34 田tian34 任ren33 姜jiang33 范fan32 方fang32 石shi31 姚yao30 谭tan30
廖liao29 邹zou29 熊xiong28 金jin28 陆lu27 郝hao27 孔kong26 白bai26 崔cui25 康kang25 毛mao24 邱qiu24 秦qin23
江jiang23 史shi22 顾gu22 侯hou21 邵shao21 孟meng20 龙long20 万wan19 段duan19 雷lei18 钱qian18 汤tang17 尹yin17
黎li16 易yi16 常chang15 武wu15 乔qiao14 贺he14 赖lai13 龚gong13 文wen12 欧阳ouyang3 上官shangguan1 诸葛zhuge1
"""
_FEMALE = (
    "芳丽娟敏静秀娜霞玲燕红艳婷梅兰英琴莉雪洁倩颖琳慧淑珍萍佳怡欣梦瑶雅思诗涵语嫣晴蕾薇菲露妍婉柔蓉月云凤香莲桂"
    "春秋冬彤彩蝶媛娇妮璐璇琪瑾珊珠翠碧素巧美惠贞爱凡羽希纯"
)
_MALE = (
    "伟强磊军勇杰涛超明刚平辉鹏华飞斌波宇浩凯健俊帆鑫龙林峰毅东亮建国志文武祥海山仁义兴良德庆荣新宁栋晨轩博达思远航"
    "子涵一鸣天昊泽翔翰哲瀚铭睿嘉诚宏振家乐"
)
_HOMOPHONES = (
    "静婧 伟炜 丽莉 婷亭 佳嘉 琪奇 建健 华桦 文雯 杰捷 芳方 敏民 军君 明铭 红虹 玲灵 燕艳 涛滔 鹏朋 宇雨 浩昊 "
    "欣心 怡宜 梅美 霞侠 刚钢 辉晖 平萍 鑫新 俊骏 雪学 颖影 慧惠 洁杰 娟捐 英瑛 强墙 磊垒 勇永 超朝 斌彬 波博"
)
_PAIRS = tuple((pair[0], pair[1]) for pair in _HOMOPHONES.split())


def _split(entry: str) -> tuple[str, str, int]:
    hanzi = "".join(letter for letter in entry if letter > "一")
    pinyin = "".join(letter for letter in entry if "a" <= letter <= "z")
    return hanzi, pinyin, int(entry[len(hanzi) + len(pinyin) :])


_ENTRIES = tuple(_split(entry) for entry in _SURNAMES.split())

SURNAMES = tuple(hanzi for hanzi, _, _ in _ENTRIES)
SURNAME_PINYIN = tuple(pinyin for _, pinyin, _ in _ENTRIES)
SURNAME_WEIGHTS: Floats = np.array([weight for _, _, weight in _ENTRIES], dtype=np.float64)
FEMALE_CHARACTERS = tuple(dict.fromkeys(_FEMALE))
MALE_CHARACTERS = tuple(dict.fromkeys(_MALE))
HOMOPHONES: dict[str, str] = dict(_PAIRS)
"""A character and one that sounds alike: what a clerk types by mistake."""
NICK_ADJECTIVES = ("爱笑的", "快乐", "慢半拍的", "小确幸", "北方", "江南", "夜跑的", "吃货", "安静的", "阳光")
NICK_NOUNS = ("猫咪", "向日葵", "小熊", "柠檬", "橘子汽水", "蒲公英", "兔子", "海风", "豆豆妈", "老王")
STREETS = ("人民路", "中山路", "解放路", "建设路", "和平街", "新华路", "长江路", "文化路", "学府路", "滨河路")
ESTATES = ("阳光花园", "锦绣家园", "万科城", "翠湖苑", "金色年华", "御景湾", "幸福里", "星河湾", "绿地世家", "东方名都")
