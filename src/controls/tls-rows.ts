import type { Component } from '../model/component.ts';
import { stringsIn } from '../model/json-list.ts';
import type { NodeComponent } from '../model/node-component.ts';
import type { Severity } from '../model/severity.ts';
import type { Failure } from '../model/verdict.ts';
import {
  judgeSuites,
  strongSuites,
  suiteWeakness,
  tlsVersion,
  weakDefaultSuites,
} from '../semantics/tls-suites/index.ts';
import type { Examples } from './control.ts';
import { type SettingRow, settingFailure } from './setting-control.ts';

export interface TlsRowsOptions {
  /** "The kubelet", as titles begin. */
  readonly called: string;
  readonly suites: string;
  readonly minVersion: string;
  /** Of an old version of TLS. */
  readonly minVersionSeverity?: Severity;
  readonly examples: { readonly suites: Examples; readonly minVersion: Examples };
  /** The listener uses Go's HTTP/2 server, which does not start without certain suites. */
  readonly http2: boolean;
}

/**
 * Cipher suites and minimum version of one component's listeners, judged by property. CIS 1.2.29 and 4.2.12 list names
 * instead, without those of TLS 1.3 and one of the two names of ChaCha20.
 */
export function tlsRows(options: TlsRowsOptions): SettingRow[] {
  const { called, suites, minVersion, minVersionSeverity = 'medium', examples, http2 } = options;
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
      remedy: 'List ECDHE suites with AES-GCM or ChaCha20 alone: without a list Go accepts weaker ones too.',
      setting: suites,
      moot: (component) =>
        judgeSuites(stringsIn(component.config.get(suites)?.value), minimumOf(component)).decides === 'tls13'
          ? `${minVersion} is TLS 1.3, whose suites cannot be chosen`
          : undefined,
      wrong: (value, subject) => {
        const names = stringsIn(value);
        if (names.length === 0) return defaultFailure(subject, suites);
        const served = http2 && subject.config.get('disable-http2-serving')?.value !== true;
        return suiteFaults(names, { component: subject.component, http2: served });
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
      severity: minVersionSeverity,
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

/**
 * Suites that every patch of this version knows. The name of ChaCha20 with SHA256 came with Kubernetes v1.20, and with
 * etcd 3.6 and late patches of 3.5 and 3.4 (etcd-io/etcd#14601): those before end with "unexpected TLS cipher suite".
 */
function suitesFor({ component, config: { minor } }: NodeComponent): readonly string[] {
  const first = component === 'etcd' ? 6 : 20;
  if (minor === undefined || minor >= first) return strongSuites;
  return strongSuites.filter((name) => !name.includes('CHACHA20'));
}

/**
 * What Go accepts where there is no list. Nothing has been chosen that is weak, and what such a suite is negotiated
 * with is old: less grave than a list that names one.
 */
function defaultFailure(subject: NodeComponent, name: string): Failure | undefined {
  const { component, config } = subject;
  const setting = config.get(name);
  const weak = weakDefaultSuites(component, config.minor);
  if (setting === undefined || weak.length === 0) return undefined;
  const byProperty = new Map<string, string[]>();
  for (const suite of weak) {
    const property = suiteWeakness(suite)?.property ?? '';
    byProperty.set(property, [...(byProperty.get(property) ?? []), suite]);
  }
  const groups = [...byProperty].map(([property, names]) => `${names.join(', ')} (${property})`);
  return settingFailure(subject, setting, {
    says: `Go's default suites are accepted, weak ones among them: ${groups.join('; ')}`,
    severity: 'low',
    key: 'default',
    changes: [{ kind: 'setting', component, name, value: suitesFor(subject) }],
  });
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
