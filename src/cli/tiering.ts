import { setFlagsFromString } from 'node:v8';

/** Whether V8 was told to wait: of the process, because the launcher and the compiled program share no module. */
const slot = Symbol.for('bulwark.tiering');

/** A scan of more objects than this takes seconds. */
const manyObjects = 20_000;

/**
 * V8 compiles what is called often again, better, on another thread. Most scans are over before that pays, so it is to
 * come later than V8 would have it. `scripts/compile.mjs` compiles under the same flag: V8 takes code back under no other.
 */
export function tierLate(): void {
  setFlagsFromString('--interrupt-budget=300000');
  (globalThis as { [slot]?: true })[slot] = true;
}

/** Undoes that for a scan that is long enough to gain by it. */
export function tierByObjects(count: number): void {
  if (count <= manyObjects || (globalThis as { [slot]?: true })[slot] === undefined) return;
  setFlagsFromString('--interrupt-budget=67584');
}
