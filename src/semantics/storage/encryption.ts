import { isObject, type Json } from '../../model/json.ts';
import { stringsIn } from '../../model/json-list.ts';
import type {
  Condition,
  Encryption,
  EncryptionCase,
  EncryptionState,
  EvidenceName,
  StorageDriver,
  StorageHazard,
} from './drivers.ts';

/** What a StorageClass or a PersistentVolume asks its driver for. */
export interface VolumeRequest {
  readonly driver: StorageDriver;
  /** By name, as the driver compares it; values are never anything but strings. */
  readonly parameters: ReadonlyMap<string, string>;
  /** One word each. */
  readonly mountOptions: ReadonlySet<string>;
  /** What decides elsewhere in the cluster; `unknown` where nothing of it was read. */
  readonly evidence: (name: EvidenceName) => EncryptionState;
}

/** Whether the volumes of a request are encrypted, and why. `isByDefault`: no condition held. */
export interface EncryptionAnswer extends EncryptionCase {
  readonly isByDefault: boolean;
}

export function encryptionOf(request: VolumeRequest, encryption: Encryption): EncryptionAnswer {
  for (const each of request.driver[encryption]) {
    if (each.when === undefined) return { ...each, isByDefault: true };
    if (each.when.every((condition) => holds(condition, request))) return { ...each, isByDefault: false };
  }
  return { state: 'unknown', says: 'nothing is known of the driver', isByDefault: true };
}

/** What weakens the volumes of a request besides. */
export function hazardsOf(request: VolumeRequest): readonly StorageHazard[] {
  return request.driver.hazards.filter(({ when }) => when.every((condition) => holds(condition, request)));
}

/** The first of these parameters that the request sets to something. */
export function firstSet(request: VolumeRequest, names: readonly string[]): string | undefined {
  return names.find((name) => (parameterOf(request, name) ?? '') !== '');
}

/** The parameters of a class, or the attributes of a volume, as its driver reads them. */
export function readParameters(driver: StorageDriver, parameters: Json | undefined): ReadonlyMap<string, string> {
  const read = new Map<string, string>();
  if (!isObject(parameters)) return read;
  for (const [name, value] of Object.entries(parameters)) {
    if (typeof value === 'string') read.set(keyOf(driver, name), value);
  }
  return read;
}

/** Mount options, each of which may hold several that commas part. */
export function readMountOptions(...lists: readonly (Json | undefined)[]): ReadonlySet<string> {
  const words = lists.flatMap((list) => (typeof list === 'string' ? [list] : stringsIn(list)));
  return new Set(words.flatMap((word) => word.split(',')).map((word) => word.trim()));
}

function holds({ parameter, mountOption, evidence, is, contains }: Condition, request: VolumeRequest): boolean {
  if (mountOption !== undefined) return mountOption.some((option) => request.mountOptions.has(option));
  if (evidence !== undefined) return is?.includes(request.evidence(evidence)) === true;
  return (parameter ?? []).some((name) => {
    const given = parameterOf(request, name);
    if (is !== undefined) return is.includes(compared(request.driver, given ?? ''));
    if (given === undefined || given === '') return false;
    return contains === undefined || contains.some((part) => compared(request.driver, given).includes(part));
  });
}

function parameterOf({ driver, parameters }: VolumeRequest, name: string): string | undefined {
  return parameters.get(keyOf(driver, name));
}

function keyOf({ ignoresCase }: StorageDriver, name: string): string {
  return ignoresCase === true ? name.toLowerCase() : name;
}

/** Drivers that ignore the case of names do so with the values that are words, too. */
function compared({ ignoresCase }: StorageDriver, value: string): string {
  return ignoresCase === true ? value.toLowerCase() : value;
}
