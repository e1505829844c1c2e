export { type FileSourceOptions, fileSource } from './file.ts';
export type { Batch, Damage, EventSource, Position, ReadingOptions } from './source.ts';
export { type ByteStream, stdinSource } from './stream.ts';
