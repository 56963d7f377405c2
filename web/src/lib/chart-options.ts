// One look for every chart. Tooltips are drawn on the canvas: HTML ones need inline styles.
type Theme = Record<string, string>
export const tip = (th: Theme, trigger: 'axis' | 'item' = 'axis') => ({
  trigger, renderMode: 'richText', confine: true, backgroundColor: th.card, borderColor: th.line, borderWidth: 1, padding: [8, 12],
  textStyle: { color: th.ink, fontSize: 12 }, axisPointer: { lineStyle: { color: th.line } },
})
export const axes = (th: Theme, dates: string[], y: object = {}, gap = false) => ({
  grid: { left: 4, right: 12, top: 28, bottom: 0, containLabel: true },
  xAxis: { type: 'category', data: dates, boundaryGap: gap, axisLine: { lineStyle: { color: th.line } }, axisTick: { show: false }, axisLabel: { color: th.ink3, fontSize: 11, hideOverlap: true } },
  yAxis: { type: 'value', splitNumber: 4, axisLabel: { color: th.ink3, fontSize: 11 }, splitLine: { lineStyle: { color: th.line } }, minInterval: 1, ...y },
})
export const legend = (th: Theme) => ({ top: 0, right: 0, icon: 'roundRect', itemWidth: 10, itemHeight: 4, itemGap: 14, textStyle: { color: th.ink2, fontSize: 12 } })
