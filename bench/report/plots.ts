import * as echarts from 'echarts';
import { Series } from '../harness/result.js';

const [WIDTH, HEIGHT] = [820, 340];
const COLORS = ['#2563eb', '#d97706', '#059669', '#dc2626'];
/** Where an axis ends is from one to the other: sizes are told apart by their order of magnitude. */
const LOGARITHMIC = new Set(['jobs', 'jobs a second']);

/** One plot as an SVG image: a line for each series, which share their axes. */
export function plotSvg(series: readonly Series[]): string {
  const { x, y } = series[0]!;
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height: HEIGHT });
  const axis = (name: string) => ({
    name,
    type: LOGARITHMIC.has(name) ? ('log' as const) : ('value' as const),
    nameLocation: 'middle' as const,
    nameGap: 36,
    axisLabel: { formatter: (value: number) => value.toLocaleString('en') },
  });
  chart.setOption({
    animation: false,
    // Readable on a dark page, too.
    backgroundColor: '#ffffff',
    color: COLORS,
    legend: { top: 8 },
    grid: { left: 84, right: 40, top: 48, bottom: 60 },
    xAxis: axis(x),
    yAxis: { ...axis(y), nameGap: 60, min: LOGARITHMIC.has(y) ? undefined : 0 },
    series: series.map(({ name, points }) => ({
      name,
      type: 'line',
      data: points,
      symbol: points.length > 12 ? 'none' : 'circle',
      symbolSize: 8,
    })),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return `${svg}\n`;
}
