export type { Argument } from './argv.ts';
export type { ComponentInput } from './input.ts';
export { resolveComponent } from './resolve.ts';
