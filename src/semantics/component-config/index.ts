export type { Argument } from './argv.ts';
export type { ComponentInput, ResolvedComponent } from './input.ts';
export { resolveComponent } from './resolve.ts';
