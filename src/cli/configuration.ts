import { findConfiguration, loadConfiguration } from '../collect/configuration.ts';
import type { AnyControl } from '../controls/control.ts';
import { type Configuration, noConfiguration } from '../engine/configuration.ts';
import type { AttachedException } from '../engine/exceptions.ts';
import { ExceptionBook } from '../engine/exceptions.ts';
import { inlineExceptions } from '../engine/inline-exceptions.ts';
import type { Judgement } from '../engine/judge.ts';
import { withExceptions } from '../engine/suppressed.ts';
import type { KubeObject } from '../model/snapshot.ts';
import type { ConfigurationFlags } from './configuration-options.ts';

/** The configuration that a command is to follow. Throws `configuration-invalid`. */
export async function configurationOf(
  { config }: Pick<ConfigurationFlags, 'config'>,
  { cwd, controls }: { readonly cwd: string; readonly controls: readonly AnyControl[] },
): Promise<Configuration> {
  if (config === false) return noConfiguration;
  const file = config ?? findConfiguration(cwd);
  if (file === undefined) return noConfiguration;
  return loadConfiguration(file, { cwd, controls: controls.map(({ id }) => id) });
}

export interface Exempting {
  readonly configuration: Configuration;
  readonly flags: ConfigurationFlags;
  /** All there are, and not only those that ran. */
  readonly controls: readonly AnyControl[];
}

/** The judgement without what exceptions cover: those of the configuration, and those that stand on the objects. */
export async function exempted(judgement: Judgement, exempting: Exempting): Promise<Judgement> {
  return (await exemption(exempting))(judgement);
}

/** The same for whoever judges more than once. */
export async function exemption({
  configuration,
  flags,
  controls,
}: Exempting): Promise<(judgement: Judgement) => Judgement> {
  const ids = controls.map(({ id }) => id);
  const { required } = configuration;
  const peersOf = flags.peerAnnotations === true ? await peerReader() : () => [];
  return (judgement) => {
    const { objects, takenAt } = judgement.snapshot;
    const inline = flags.inlineExceptions
      ? inlineExceptions(objects, { controls: ids, required })
      : { exceptions: [], mistakes: [] };
    const book = new ExceptionBook([...configuration.exceptions, ...inline.exceptions, ...peersOf(objects)], ids);
    const ran = new Set(judgement.controls.map(({ id }) => id));
    const profiles = new Set(judgement.controls.map(({ profile }) => profile));
    const leftOut = controls.flatMap(({ id, profile }) => (profiles.has(profile) && !ran.has(id) ? [id] : []));
    return withExceptions(judgement, { book, now: new Date(takenAt), mistakes: inline.mistakes, leftOut });
  };
}

async function peerReader(): Promise<(objects: readonly KubeObject[]) => readonly AttachedException[]> {
  const { peerExceptions } = await import('../engine/peer-exceptions.ts');
  return peerExceptions;
}
