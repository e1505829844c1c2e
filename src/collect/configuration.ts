import { existsSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { type Configuration, readConfiguration } from '../engine/configuration.ts';
import type { ConfigurationMistake } from '../engine/configuration-fields.ts';
import { BulwarkError } from '../model/errors.ts';
import { formatPath } from '../model/path.ts';
import { type ParsedDocument, parseYaml, YamlError } from '../yaml/parse.ts';
import { splitDocuments } from '../yaml/split.ts';
import { readTextFile } from './manifests/read-text.ts';

const configurationName = 'bulwark.yaml';

const maxBytes = 4 * 1024 * 1024;

/** Mistakes that one error tells before it counts the rest. */
const toldMistakes = 10;

/**
 * The nearest `bulwark.yaml` of a folder and its parents, up to the root of the git repository that it is in, as a path
 * from that folder. Outside of one only the folder itself is looked at: a file further up may be anybody's.
 */
export function findConfiguration(folder: string): string | undefined {
  let found: string | undefined;
  for (let here = folder; ; here = dirname(here)) {
    const file = join(here, configurationName);
    if (found === undefined && existsSync(file)) found = relative(folder, file);
    if (here === folder && found !== undefined) return found;
    if (existsSync(join(here, '.git'))) return found;
    if (dirname(here) === here) return undefined;
  }
}

/**
 * Reads a `bulwark.yaml`. `file` is how the user would name it from `cwd`, and `controls` are the ids of all there are.
 * Throws `configuration-invalid`, with every mistake.
 */
export async function loadConfiguration(
  file: string,
  { cwd, controls }: { readonly cwd: string; readonly controls: readonly string[] },
): Promise<Configuration> {
  const read = await readTextFile(resolve(cwd, file), file, maxBytes);
  if ('gap' in read) throw invalid(`cannot read ${file}: ${read.gap.reason}`, 'name another with --config');
  const document = parse(read.text, file);
  if (document === undefined) return readConfiguration(null, { file, controls, placeOf: () => file }).configuration;
  const { positions, value, duplicateKeys } = document;
  const placeOf = (path: ConfigurationMistake['path']): string => {
    const region = positions.locate(path);
    return region === undefined ? file : `${file}:${region.line}:${region.column}`;
  };
  const { configuration, mistakes } = readConfiguration(value, { file, controls, placeOf });
  const repeated = duplicateKeys.map(({ path, region }) => ({
    place: `${file}:${region.line}:${region.column}`,
    message: `${formatPath(path)} is there twice`,
    hint: undefined,
  }));
  const told = [...repeated, ...mistakes.map(({ path, ...mistake }) => ({ place: placeOf(path), ...mistake }))];
  const [first, ...others] = told.map(({ place, message, hint }) => {
    return `${place}: ${message}${hint === undefined ? '' : ` (${hint})`}`;
  });
  if (first === undefined) return configuration;
  const shown = others.slice(0, toldMistakes - 1);
  const hidden = others.length - shown.length;
  const more = hidden > 0 ? [`and ${hidden} more`] : [];
  throw invalid([first, ...shown, ...more].join('\n'), 'see docs/configuration.md, or leave the file out: --no-config');
}

/** The one document of the file; undefined where it has nothing but comments. */
function parse(text: string, file: string): ParsedDocument | undefined {
  const [document, second] = splitDocuments(text);
  if (document === undefined) return undefined;
  if (second !== undefined) throw invalid(`${file}:${second.line}: a second document`, 'keep one document in the file');
  try {
    return parseYaml(text.slice(document.start, document.end), document.line, document.column);
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    throw invalid(`${file}:${error.line}:${error.column}: ${error.message}`, 'it must be YAML');
  }
}

function invalid(message: string, hint: string): BulwarkError {
  return new BulwarkError('configuration-invalid', message, hint);
}
