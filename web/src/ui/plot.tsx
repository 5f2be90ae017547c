import { useEffect, useRef, useState } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import './plot.css';
import { theme, zone } from '../preferences';
import { useStore } from '../store';

export interface PlotSeries {
  label: string;
  /** A colour of styles/tokens.css, such as `--red`. */
  colour: string;
  /** `points`: what happened at any time, and is not connected. */
  kind: 'bars' | 'line' | 'points';
  /** Drawn with gaps, so that two lines differ by more than their colour. */
  isDashed?: boolean;
  /** Of points: rings, so that they differ from dots by more than their colour. */
  isHollow?: boolean;
}

interface PlotProps {
  /** What it shows, in one sentence: read in place of the picture. */
  summary: string;
  /** Instants, milliseconds, ascending. */
  at: readonly number[];
  /** How long each value holds, milliseconds; 0: they are of an instant. */
  stepMs?: number;
  /** For each series its values; null where there is none. */
  values: readonly (readonly (number | null)[])[];
  series: readonly PlotSeries[];
  format: (value: number) => string;
  /** Distances between two lines of the scale that read well; left out: round numbers. */
  increments?: readonly number[];
  height?: number;
  /** Called with the first and last instant of a span that was drawn over it. */
  onSelect?: (from: number, to: number) => void;
}

/** Values over time. The numbers themselves are for a table beside it: a picture is nothing to everybody. */
export function Plot({
  summary,
  at,
  values,
  series,
  format,
  increments,
  stepMs = 0,
  height = 190,
  onSelect,
}: PlotProps) {
  const frame = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const inZone = useStore(zone);
  const colours = useColours();
  const select = useRef(onSelect);
  const formatted = useRef(format);
  useEffect(() => {
    select.current = onSelect;
    formatted.current = format;
  });
  const shape = JSON.stringify(series);
  const marks = JSON.stringify(increments);

  useEffect(() => {
    const target = frame.current!;
    const made = new uPlot(
      options(JSON.parse(shape) as PlotSeries[], {
        width: target.clientWidth,
        height,
        stepMs,
        increments: marks === undefined ? null : (JSON.parse(marks) as number[]),
        isUtc: inZone === 'utc',
        format: (value) => formatted.current(value),
        onSelect: (from, to) => select.current?.(from, to),
      }),
      undefined,
      target,
    );
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: target.clientWidth, height }));
    observer.observe(target);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [shape, marks, height, stepMs, inZone, colours]);

  useEffect(() => {
    plot.current?.setData([at.map((instant) => instant / 1_000), ...values.map((one) => [...one])]);
  }, [at, values, shape, marks, height, stepMs, inZone, colours]);

  return <div ref={frame} className="plot" role="img" aria-label={summary} />;
}

interface PlotSettings {
  width: number;
  height: number;
  stepMs: number;
  increments: number[] | null;
  isUtc: boolean;
  format: (value: number) => string;
  onSelect: (from: number, to: number) => void;
}

function options(
  series: readonly PlotSeries[],
  { width, height, stepMs, increments, isUtc, format, onSelect }: PlotSettings,
): uPlot.Options {
  const axis = {
    stroke: colour('--quiet'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
  };
  return {
    width,
    height,
    ...(isUtc ? { tzDate: (seconds: number) => uPlot.tzDate(new Date(seconds * 1_000), 'Etc/UTC') } : {}),
    legend: { markers: { fill: (made, place) => made.series[place]!.stroke as unknown as string } },
    cursor: { y: false, points: { size: 6 }, drag: { x: true, y: false, setScale: false } },
    scales: {
      // the last value reaches to its end
      x: { range: (_, min, max) => [min, max + stepMs / 1_000] },
      y: { range: (_, __, max) => [0, Math.max(1, max * 1.08)] },
    },
    axes: [
      { ...axis, font: FONT, values: TIME_LABELS },
      {
        ...axis,
        font: FONT,
        size: 58,
        values: (_, ticks) => ticks.map((tick) => format(tick)),
        ...(increments === null ? {} : { incrs: increments }),
      },
    ],
    hooks: {
      setSelect: [
        (made) => {
          const { left, width: length } = made.select;
          if (length > 4)
            onSelect(made.posToVal(left, 'x') * 1_000, made.posToVal(left + length, 'x') * 1_000);
          made.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
    },
    series: [
      { label: 'Time', value: isUtc ? '{YYYY}-{MM}-{DD} {HH}:{mm} UTC' : '{YYYY}-{MM}-{DD} {HH}:{mm}' },
      ...series.map(({ label, colour: name, kind, isDashed, isHollow }): uPlot.Series => ({
        label,
        stroke: colour(name),
        width: kind === 'line' ? 2 : 0,
        ...(isDashed ? { dash: [6, 4] } : {}),
        ...(kind === 'bars'
          ? { fill: colour(name), paths: uPlot.paths.bars!({ size: [0.8, 60], align: 1 }) }
          : kind === 'points'
            ? { paths: () => null }
            : { spanGaps: true }),
        points: {
          show: kind !== 'bars',
          size: kind === 'points' ? 8 : 4,
          fill: colour(isHollow ? '--panel' : name),
        },
        value: (_, value: number | null) => (value === null ? '–' : format(value)),
      })),
    ],
  };
}

const FONT = '12px system-ui, sans-serif';

/** Twenty-four hours a day, and the day where it changes. */
const TIME_LABELS = [
  [86_400, '{D} {MMM}', null, null, null, null, null, null, 1],
  [3_600, '{HH}:{mm}', '\n{D} {MMM}', null, '\n{D} {MMM}', null, null, null, 1],
  [60, '{HH}:{mm}', '\n{D} {MMM}', null, '\n{D} {MMM}', null, null, null, 1],
  [1, '{HH}:{mm}:{ss}', '\n{D} {MMM}', null, '\n{D} {MMM}', null, null, null, 1],
] as uPlot.Axis.Values;

function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** Changes when the colours do: a canvas does not follow style sheets. */
function useColours(): string {
  const chosen = useStore(theme);
  const [isDark, setDark] = useState(() => matchMedia('(prefers-color-scheme: dark)').matches);
  useEffect(() => {
    const query = matchMedia('(prefers-color-scheme: dark)');
    const onChange = () => setDark(query.matches);
    query.addEventListener('change', onChange);
    return () => query.removeEventListener('change', onChange);
  }, []);
  return `${chosen} ${isDark}`;
}
