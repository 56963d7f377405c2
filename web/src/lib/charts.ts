// Only the parts of ECharts that we draw with; a chunk of its own, loaded with the first chart.
import { init, use } from 'echarts/core'
import { BarChart, LineChart, PieChart } from 'echarts/charts'
import { GridComponent, LegendComponent, TooltipComponent } from 'echarts/components'
import { CanvasRenderer } from 'echarts/renderers'

use([BarChart, LineChart, PieChart, GridComponent, LegendComponent, TooltipComponent, CanvasRenderer])
export const make = (el: HTMLElement) => init(el, undefined, { renderer: 'canvas' })
