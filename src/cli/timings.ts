import type { AnyControl } from '../controls/control.ts';

/** Measures what the checks of controls take. */
export interface Timings {
  /** The controls, to be judged by instead of those that were given. */
  readonly controls: readonly AnyControl[];
  /** Lines of text: the dearest first. */
  text(): string;
}

interface Cost {
  milliseconds: number;
  calls: number;
  dearest: number;
}

/** Controls in the table before the rest is summed up. */
const shown = 25;

/**
 * `clock` gives milliseconds. A fact is derived by whoever asks for it first, and counts as that control's: the column
 * of the dearest call shows it.
 */
export function timed(controls: readonly AnyControl[], clock: () => number): Timings {
  const costs = new Map<string, Cost>();
  return {
    controls: controls.map((control) => {
      const cost = { milliseconds: 0, calls: 0, dearest: 0 };
      costs.set(control.id, cost);
      const check = control.check as (...given: readonly unknown[]) => unknown;
      const measured = (...given: readonly unknown[]): unknown => {
        const begun = clock();
        try {
          return check(...given);
        } finally {
          const took = clock() - begun;
          cost.milliseconds += took;
          cost.calls += 1;
          cost.dearest = Math.max(cost.dearest, took);
        }
      };
      // The same control with the same signature, which the compiler cannot follow through the union of kinds.
      return { ...control, check: measured } as AnyControl;
    }),
    text: () => table(costs),
  };
}

function table(costs: ReadonlyMap<string, Cost>): string {
  const rows = [...costs].filter(([, { calls }]) => calls > 0).sort(([, a], [, b]) => b.milliseconds - a.milliseconds);
  const sum = rows.reduce((total, [, { milliseconds }]) => total + milliseconds, 0);
  const rest = rows.slice(shown);
  const line = (id: string, { milliseconds, calls, dearest }: Cost): string =>
    `${id.padEnd(52)} ${milliseconds.toFixed(1).padStart(9)} ${String(calls).padStart(9)} ${dearest.toFixed(1).padStart(9)}\n`;
  const others = rest.reduce(
    (total, [, each]) => ({
      milliseconds: total.milliseconds + each.milliseconds,
      calls: total.calls + each.calls,
      dearest: Math.max(total.dearest, each.dearest),
    }),
    { milliseconds: 0, calls: 0, dearest: 0 },
  );
  return [
    `${'control'.padEnd(52)} ${'ms'.padStart(9)} ${'calls'.padStart(9)} ${'dearest'.padStart(9)}\n`,
    ...rows.slice(0, shown).map(([id, cost]) => line(id, cost)),
    ...(rest.length > 0 ? [line(`${rest.length} others`, others)] : []),
    `${rows.length} controls took ${sum.toFixed(1)} ms. What several share is derived once, by the first that asks.\n`,
  ].join('');
}
