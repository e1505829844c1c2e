import type { Component } from '../model/component.ts';
import { stringsIn } from '../model/json-list.ts';
import type { NodeComponent } from '../model/node-component.ts';
import { judgeSuites, strongSuites, tlsVersion } from '../semantics/tls-suites/index.ts';
import type { Examples } from './control.ts';
import type { SettingRow } from './setting-control.ts';

export interface TlsRowsOptions {
  /** "The kubelet", as titles begin. */
  readonly called: string;
  readonly suites: string;
  readonly minVersion: string;
  readonly examples: { readonly suites: Examples; readonly minVersion: Examples };
  /** The listener uses Go's HTTP/2 server, which does not start without certain suites. */
  readonly http2: boolean;
}

/**
 * Cipher suites and minimum version of one component's listeners, judged by property. CIS 1.2.29 and 4.2.12 list names
 * instead, without those of TLS 1.3 and one of the two names of ChaCha20.
 */
export function tlsRows({ called, suites, minVersion, examples, http2 }: TlsRowsOptions): SettingRow[] {
  const minimumOf = (component: NodeComponent): string | undefined => {
    const value = component.config.get(minVersion)?.value;
    return typeof value === 'string' ? value : undefined;
  };
  return [
    {
      name: 'tls-cipher-suites',
      title: `${called} offers only strong cipher suites`,
      severity: 'medium',
      why: 'A suite without forward secrecy lets whoever records the traffic read it once the key leaks, and RC4, 3DES and CBC suites have known attacks.',
      remedy: 'Take the weak suites from the list, or the list away: then Go offers what it holds secure.',
      setting: suites,
      moot: (component) =>
        judgeSuites(stringsIn(component.config.get(suites)?.value), minimumOf(component)).decides === 'tls13'
          ? `${minVersion} is TLS 1.3, whose suites cannot be chosen`
          : undefined,
      wrong: (value, { component, config }) => {
        const served = http2 && config.get('disable-http2-serving')?.value !== true;
        return suiteFaults(stringsIn(value), { component, http2: served });
      },
      mend: {
        value: suitesFor,
        safety: 'may-break',
        first: 'clients must speak TLS 1.2 or later with an ECDHE suite, which all since 2014 do',
      },
      examples: examples.suites,
    },
    {
      name: 'tls-min-version',
      title: `${called} speaks TLS 1.2 or later`,
      severity: 'medium',
      why: 'TLS 1.0 and 1.1 rest on SHA-1 and on CBC suites with known attacks; the IETF withdrew both (RFC 8996).',
      setting: minVersion,
      wrong: (value) => {
        const version = typeof value === 'string' ? tlsVersion(value) : undefined;
        if (version === undefined) return 'is no version that it takes';
        return version < 1.2 ? 'connections may fall back to a version of TLS that was withdrawn' : undefined;
      },
      mend: { value: null, safety: 'safe' },
      examples: examples.minVersion,
    },
  ];
}

/** Suites that this version knows: v1.20 and etcd 3.4 have both names of ChaCha20, and those before them one. */
function suitesFor({ component, config: { minor } }: NodeComponent): readonly string[] {
  const first = component === 'etcd' ? 4 : 20;
  if (minor === undefined || minor >= first) return strongSuites;
  return strongSuites.filter((name) => !name.includes('CHACHA20'));
}

/** What is wrong with a list of suites, in a phrase. */
function suiteFaults(
  names: readonly string[],
  { component, http2 }: { component: Component; http2: boolean },
): string | undefined {
  const { weak, unknown, lacksHttp2 } = judgeSuites(names, undefined);
  const faults = shortened(weak.map(({ name, why }) => `${name} ${why}`));
  const [first] = unknown;
  if (first !== undefined) faults.push(`${first} is no suite that ${component} knows, and it does not start with it`);
  if (http2 && lacksHttp2) {
    faults.push(`without an ECDHE suite with AES_128_GCM_SHA256 there is no HTTP/2, and ${component} does not start`);
  }
  return faults.length === 0 ? undefined : faults.join('; ');
}

/** A few of many, since the list is as long as its author likes. */
function shortened(faults: readonly string[]): string[] {
  const shown = faults.slice(0, 4);
  return faults.length > shown.length ? [...shown, `and ${faults.length - shown.length} more`] : shown;
}
