/** Every Chinese text of the page. Nothing a consumer reads is written elsewhere. */

export interface Starter {
  readonly icon: 'truck' | 'calendar' | 'checklist' | 'price' | 'person'
  /** What the chip shows. */
  readonly label: string
  /** What is sent when it is chosen. */
  readonly text: string
}

export const strings = {
  /** Short: it shares a narrow line with the way to a person. */
  name: '约装服务',
  fullName: '约装 · 家电送装服务',

  role: { consumer: '您', bot: '智能助手', agent: '客服', system: '系统' },
  avatar: { bot: '智', agent: '服' },

  disclosure: '您正在与智能助手对话，回复由程序自动生成。需要时可随时转人工客服。',
  callPerson: '转人工',
  otherConsumer: '换一位顾客',

  welcomeTitle: '您好，我是送装智能助手',
  welcomeText: '家电送货、安装、改约时间，都可以直接问我。',
  startersTitle: '您可以这样问',
  starters: [
    { icon: 'truck', label: '查物流', text: '帮我查一下物流到哪了' },
    { icon: 'calendar', label: '改约时间', text: '我想改约上门时间' },
    { icon: 'checklist', label: '安装要准备什么', text: '安装要准备什么' },
    { icon: 'price', label: '收费标准', text: '安装的收费标准是什么' },
    { icon: 'person', label: '转人工', text: '转人工' },
  ] as readonly Starter[],

  pickerTitle: '请选择一位演示顾客',
  pickerText: '演示环境：以所选顾客的身份对话，可查询该顾客的订单与预约。',
  anonymousName: '匿名访客',
  anonymousSummary: '未登录，查询订单需提供订单号和手机尾号',
  pickerLabel: '演示顾客',
  chattingAs: (name: string) => `当前顾客：${name}`,

  transcriptLabel: '对话记录',
  composerLabel: '输入消息',
  composerPlaceholder: '请输入您的问题',
  send: '发送',
  tooLong: (over: number) => `超出 ${over} 个字，请精简后再发送`,
  choices: '可选项',
  chosen: '已选',
  newMessages: '有新消息',

  sending: '发送中',
  delivered: '已送达',
  read: '已读',
  addPhoto: '发送图片',
  photo: '图片',
  photoErased: '图片已过保存期，已删除',
  photoWords: '[图片]',
  photoTooLarge: (megabytes: number) => `图片不能超过 ${megabytes} MB`,
  photoUnsupported: '只能发送 JPG、PNG 或 WebP 图片',
  leaveQueue: '取消排队',
  place: (ahead: number, minutes: number | null, opens: string | null) => {
    const queue = ahead > 0 ? `前面还有 ${ahead} 位` : '您排在第一位'
    if (opens) return `${queue}，客服 ${opens} 上班后联系您。可继续留言，客服会看到。`
    return `${queue} · 约 ${minutes ?? 1} 分钟。可继续留言，客服会看到。`
  },
  agentNamed: (name: string) => `客服 ${name} 为您服务`,
  windowChoice: '选择上门时段',
  confirmWindow: '选好了',
  noWindow: '尚未约时间',
  confirmCard: '待确认的预约',
  progressCard: '订单进度',
  cardGoods: '商品',
  cardKind: '服务',
  cardWindow: '上门时间',
  cardAddress: '地址',
  orderTail: (tail: string) => `订单尾号 ${tail}`,
  visitStatus: {
    unscheduled: '待预约', scheduled: '已预约上门', en_route: '师傅已出发', in_progress: '正在上门服务',
    completed: '已完成', cancelled: '已取消预约', failed: '上门未完成',
  } as Record<string, string>,
  ratingLabel: '服务评价',
  ratingStars: '满意度',
  ratingResolved: '问题解决了吗？',
  ratingYes: '解决了',
  ratingNo: '没有解决',
  ratingReason: '想说的话（选填）',
  ratingSubmit: '提交评价',
  ratingFailed: '没有提交成功，请重试。',
  failed: '发送失败',
  retry: '点此重发',

  botTyping: '智能助手正在输入',
  agentTyping: '客服正在输入',

  status: { bot: '智能助手在线', queued: '排队等待人工', human: '客服为您服务', closed: '会话已结束' },
  banner: {
    queued: '已转人工，正在为您排队，请稍候。期间可继续留言，客服会看到。',
    human: '客服为您服务',
    closed: '本次会话已结束。继续发送消息，可再次咨询。',
    lost: '网络连接已断开，正在重新连接',
    expired: '会话已过期，请重新开始。',
  },
  restart: '重新开始',

  loading: '正在连接',
  unavailable: '服务暂时连接不上，请稍后再试。',
  tryAgain: '重试',
  refused: '身份信息已失效，请刷新页面后再试。',

  openChat: '联系客服',
  closeChat: '收起',
  unreadReplies: (count: number) => `${count} 条新回复`,

  weekdays: ['周日', '周一', '周二', '周三', '周四', '周五', '周六'],
  day: (month: number, day: number, weekday: string) => `${month}月${day}日 ${weekday}`,
} as const
