"""Filler words: words that ask for nothing. If only these remain of a message, nothing has been left undone."""

from __future__ import annotations

from typing import Final

_ENGLISH = """
vid vids plz pls pics pic lol haha hmm hm um uh umm btw ooh oh ah hi hiya cheers ta xx xoxo tbh omg ya yall y'all
gonna wanna
guess suppose basically actually literally honestly little bits yo shouldn't slap slaps fire lit dope vibes poppin
team prepare equal visible exceed linger lingers lingering nothing crazy stay stays staying got stitch weave equally
evenly balanced share-out join snaps snap
lay overlay insert stick superimpose rather prefer merge assemble everybody
1080p a about absolutely actually add added adding aesthetic afterwards again ago all already also always am amazing
an and animate animated animating animation any appealing appear appearing appears apply appropriate approximately
are around arrange as ask assemble at attached attractive available awesome based batch be beautiful beautifully
because been being best between bit both brief bring buddy build but by call called camera can captivate captivating
capture care catching chance change changed changing check clean clip clips clips' close collection combine come
compelling compile complete content convert converting cool could create created creates creating creation creators
cute d dear decent deck design details different display displayed do does doing done duration each easy edit edited
editing effect effects either elegant else engaging ensure entire etc even event events every everything
everything's exactly exciting existing eye eye-catching fancy feature featuring feel feeling feels few file files
film final finally fine fit fitting flow flowing follow following footage for format frame fresh from full full-hd
full-screen fullscreen fully fun further generate generated generating generation gentle gently get give given glad
go going good gorgeous great guys had hand happen happy has have having hd heartfelt hello help her here hero hey hi
high high-quality highlight highlights his hope how i i'd i'll i'm i've idea if illustration image images impressive
in include included including inside inspiring instead into is it it's its itself job just keep kind kindly know
last lasting lasts later length let let's like liked limit little ll long long-form longform look looking looks lot
lots love lovely made make makes making many marketing matching material max maximum maybe me media memorable
memories memory min mind mine minimal minimalist minimum mixed mode modern moment moments montage more most motion
mov move movement movie moving mp4 mp4s much music must my named neat need needed needs neither new next nice nicely
nicer no normal now number of off ok okay on once one ones only onto or order orientation original other otherwise
our out over overall own pace paced pacing part parts people per perfect perfectly photo photograph photographs
photos pic pics picture pictures place play played pleasant please pls plus polish polished polishing portfolio
portrait possible post posting posts presentation pretty probably produce product production professional
professionally project promo promotional proper properly provide put quality quick quite ratio re read reading reads
ready real really recap reel request result rhythm roughly run s same sample say saying says scene scenes
scroll-stopping sec section see seem send sequence session set setting several shall share sharing she shoot short
short-form shot shots should show showcase showcasing showing shown shows simple simply single slide slides
slideshow small smooth smoothly so social soft softly some something soon sort special standard still stills story
story-driven storytelling stuff stunning style stylish subtle such suitable suited super sure sweet switch t take
taken taking tasteful teaser tell text than that that's the their them then there these they thing things this those
through throughout thx till time times timing title to today together tomorrow too total touching trailer transform
transition transitions travel treat trip try turn turning two type under unique until up update upload uploaded
uploading us use used using usual ve version very via vibe video videos visual visuals vlog wanna want wanted wants
was watch way we we'd we'll we're well well-made were what when where which while whole will wish with within
wonderful word words work workflow would wow write yeah yes yesterday yet you you'll your yours
"""
_CHINESE = """
平均 平均分配 均匀 分配 排 排列 控制 控制在 以内 之内 不超过 限制 限制在 一张张 起来吧 麻烦你
一 一下 一个 一些 一些些 一份 一共 一张 一整个 一条 一样 一段 一点 一点点 一起 一部 上 上传 下 不 不变 与 专业 个 中
中的 中间 为 之 之后 之间 也 了 些 产品 人像 今天 从 他 令 以 以及 份 优质 会 作为 作品 你 你好 使 使用 保持 做
做一个 做个 做成 停留 全 全程 全部 共 其 具有 内 内容 再 几 出现 分享 刚刚 刚才 创作 创建 利用 到 制作 制作成 制成
剪 剪成 剪辑 剪辑成 加 加一个 加上 加个 加入 动 动态 动画 动起来 包含 单张 去 又 及 发布 变 变为 变成 另外 只 叫
可以 可爱 各 合成 同 同时 吗 吧 吸引人 吸引眼球 呀 呈现 呢 和 咱们 哈 哈喽 哦 啊 啦 嗯 嘛 回忆 图 图像 图片 在 地
增加 处理 多张 大家 大方 大概 大约 太 她 好 好的 好看 妈妈 婚礼 婚纱 字 它 它们 完成 宝宝 宠物 宣传 家人 家庭 对 将
就 尺寸 展现 展示 左右 已经 希望 带 带有 帮 帮忙 帮我 幅 平台 平滑 并 并且 幻灯片 应该 弄 弄成 式 引人入胜 张 张张
当 当作 当做 形式 影像 影片 很 得 微电影 总 总共 总时长 总长 您 想 感人 感觉 成 成片 我 我们 我想 我想要 我的 我要
或 或者 所有 手机 把 拼成 拼接 持续 按 按照 换 换为 换成 接着 推广 播放 改 改为 改成 放 故事 效果 整 整个 整体 整段
整理 整部 文件 方式 旅游 旅行 日常 时 时候 时尚 时长 是 显示 更 更加 最 最后 最终 有 有意思 有点 有趣 朋友 朋友圈 条
来 柔和 柔美 样式 根据 格式 模式 次序 此 段 每 比 比例 比较 毕业 氛围 活起来 流畅 浪漫 添加 温暖 温馨 漂亮 炫酷 点
然后 照片 爸爸 片子 片段 版 版本 特效 现在 生成 生日 生活 用 用于 电商 画幅 画面 的 相册 相片 看起来 着 短片 短视频
社交媒体 稍 稍微 简单 简洁 简约 类型 精彩 精美 精致 素材 约 纪念 组合 给 给我 编辑 美 美丽 美食 而 而且 聚会 肖像 能
能够 自然 至 节奏 行 要 视频 让 设 设为 设成 设置 设置为 该 请 请问 调 调到 调成 调整 调整为 调整到 谢谢 质感 起来
跟 转为 转场 转成 转换 转换为 转换成 输出 过 过渡 还 还有 这 这个 这些 这几 这张 这样 这段 这里 适合 适用 适用于
通过 那 那个 那些 那样 部 都 配 配上 酷 酷炫 采用 里 里面 镜头 长 长度 难忘 集锦 需要 静态 静止 非常 顺序 风景 风格
首 高清 高级 高级感 高质量 麻烦 改回 改回来 换回 还是 别的 就好 就行 就可以了 就可以 可以了 即可 吧 呗 咯 喔 噢 耶 诶
哎 呐 哟 啥 嘞 么
的话 那种 有没有 简简单单 辛苦 辛苦了 辛苦啦 小 支 条 老师 老师好 作品 学生 同学 可不可以 行不行 好不好 帮手 写 字
声音 相 那种 选 选个 找 找个 挺 蛮 配个 来点 加点 随意 分别 分别配上 用的 然后呢 直接 老老实实 随便 差不多 不错 够
够了 那么 照旧 原样
想做 想要 想剪 想弄 想把 做出 做出来 剪出 出来 拍的 拍 传上来 上来 传 挑 选
"""

FILLER: Final = frozenset(_ENGLISH.split())
#: Longest first, so that no word is consumed by a shorter one at its start.
FILLER_ZH: Final = tuple(sorted(_CHINESE.split(), key=lambda word: (-len(word), word)))
