import type { Setting, SettingOrigin } from '../../model/component.ts';

/** `--profiling is true (default)`, `authentication.anonymous.enabled is true`. */
export function settingText({ name, value, origin }: Setting): string {
  const called = origin.kind === 'flag' ? origin.flag : origin.kind === 'environment' ? origin.variable : name;
  const note = origin.kind === 'default' ? ' (default)' : '';
  return `${called} is ${valueText(value)}${note}`;
}

/** As people write it: text bare, lists with commas, nothing as "not set". */
export function valueText(value: Setting['value']): string {
  if (value === null || value === '' || (Array.isArray(value) && value.length === 0)) return 'not set';
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value.join(',');
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Why a setting that is `null` cannot be told: its file cannot be read, or the version is not known. */
export function whyNotKnown(setting: Setting): string {
  const { name, origin } = setting;
  if (origin.kind === 'default') return `${name} is that of ${origin.of}`;
  return `${name} is not known: ${settingOrigin(setting)} cannot be read`;
}

/** Where a setting is said, in words. */
export function settingOrigin({ origin }: { readonly origin: SettingOrigin }): string {
  switch (origin.kind) {
    case 'flag':
      return `${origin.flag} in ${origin.where}${origin.line === undefined ? '' : `:${origin.line}`}`;
    case 'file':
      return `${origin.file}:${origin.line}:${origin.column}`;
    case 'environment':
      return `${origin.variable} in ${origin.where}`;
    case 'default':
      return `default of ${origin.of}`;
  }
}
