import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';
import { tierLate } from './tiering.ts';

/** Commands that judge, and so need most of the program. Any other starts sooner from the few chunks that it loads. */
const judging: ReadonlySet<string> = new Set(['scan', 'fix', 'diff', 'guide']);

const compiled = process.argv.slice(2).some((word) => judging.has(word)) ? compiledProgram() : undefined;
if (compiled === undefined) await import('./main.ts');
else compiled();

/**
 * The program as the build compiled it (`scripts/compile.mjs`), ready to be called; undefined where there is none for
 * this very Node, or where it runs with flags for which V8 takes no code but its own. A third of what a scan of some hundred
 * objects costs is otherwise the reading and compiling of code. It stands beside the chunks and is trusted as they are.
 */
function compiledProgram(): (() => void) | undefined {
  const { version, platform, arch } = process;
  const file = fileURLToPath(new URL(`compiled/${version}-${platform}-${arch}.bin`, import.meta.url));
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch {
    return undefined;
  }
  // This Node is the one that the build knew to have the flag.
  tierLate();
  // Two lengths, then the code of an empty script, that of the program, and its source: in one file, so that nothing of
  // one build can meet something of another.
  const [probeEnd, codeEnd] = [bytes.readUInt32LE(0), bytes.readUInt32LE(4)];
  // Code that is not taken would have the whole source compiled: what comes of it is tried on nothing first.
  if (new Script('', { cachedData: bytes.subarray(8, probeEnd) }).cachedDataRejected === true) return undefined;
  const program = new Script(bytes.toString('latin1', codeEnd), {
    cachedData: bytes.subarray(probeEnd, codeEnd),
    filename: file,
  });
  const module = { exports: {} };
  const run = program.runInThisContext() as (...given: readonly unknown[]) => void;
  return () => run(createRequire(file), module, module.exports);
}
