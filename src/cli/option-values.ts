import { InvalidArgumentError } from 'commander';

/** An option that is a number of seconds, up to an hour. */
export function seconds(value: string): number {
  const number = Number(value);
  if (!Number.isFinite(number) || number <= 0 || number > 3600) {
    throw new InvalidArgumentError('It must be a number of seconds, up to 3600.');
  }
  return number;
}

/** An option that is a whole number from 1 to 999. */
export function smallCount(value: string): number {
  if (!/^[1-9]\d{0,2}$/.test(value)) throw new InvalidArgumentError('It must be a number from 1 to 999.');
  return Number(value);
}

/** An option that is a name as of a namespace (RFC 1123). */
export function dnsLabel(value: string): string {
  if (!/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(value)) {
    throw new InvalidArgumentError('It must be a namespace: lower case letters, digits and -.');
  }
  return value;
}

/** An option that is an image. */
export function imageName(value: string): string {
  if (!/^[^\s]{1,500}$/.test(value)) throw new InvalidArgumentError('It must be an image, such as HOST/NAME:TAG.');
  return value;
}

/** An option that is a version such as 1.30 or v1.30.4-eks-1; its value is the minor number. */
export function minorVersion(text: string): number {
  const [, minor] = /^v?1\.(\d{1,3})(?:\.\d+)?(?:[-+].*)?$/.exec(text) ?? [];
  if (minor === undefined) throw new InvalidArgumentError('It must look like 1.30.');
  return Number(minor);
}

/** An option that may be given several times, each time as one of the choices. */
export function oneOfEach<T extends string>(
  choices: readonly T[],
): (value: string, before: readonly T[]) => readonly T[] {
  return (value, before) => {
    const chosen = choices.find((each) => each === value);
    if (chosen === undefined) throw new InvalidArgumentError(`Allowed choices are ${choices.join(', ')}.`);
    return [...before, chosen];
  };
}
