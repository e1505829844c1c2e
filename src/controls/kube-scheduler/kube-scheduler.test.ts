import { describe, expect, it } from 'vitest';
import { judgeText } from '../../../test/judge-example.ts';
import { file, staticPod } from '../node-examples.ts';
import configurationProblems from './configuration-problems.ts';
import extenders from './extenders.ts';
import plugins from './plugins.ts';
import settings from './settings.ts';

const controls = [...settings, plugins, extenders, configurationProblems];
const path = '/etc/kubernetes/scheduler.yaml';

const suites = '--tls-cipher-suites=TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256';
const start = [
  '--bind-address=127.0.0.1',
  '--authentication-kubeconfig=/etc/kubernetes/scheduler.conf',
  '--authorization-kubeconfig=/etc/kubernetes/scheduler.conf',
];

function flags(...args: string[]): string {
  const own = args.some((arg) => arg.startsWith('--tls-cipher-suites=')) ? [] : [suites];
  return staticPod('kube-scheduler', [...start, ...own, '--profiling=false', ...args]);
}

function configured(...lines: string[]): string {
  const text = [
    'apiVersion: kubescheduler.config.k8s.io/v1',
    'kind: KubeSchedulerConfiguration',
    'enableProfiling: false',
  ];
  return `${staticPod('kube-scheduler', [...start, suites, `--config=${path}`])}${file(path, [...text, ...lines].join('\n'))}`;
}

function findings(text: string): string[] {
  return judgeText(controls, text).findings.map(({ control, message, severity }) => {
    return `${severity} ${control.id.slice('kube-scheduler/'.length)}: ${message}`;
  });
}

describe('a scheduler', () => {
  it.each([
    ['flags', flags()],
    ['a configuration file', configured()],
  ])('that is hardened by %s has no finding', (_, text) => {
    expect(findings(text)).toEqual([]);
  });

  it.each<[string, string, string[]]>([
    [
      'open to the network',
      flags('--bind-address=0.0.0.0'),
      ['low bind-address: --bind-address is 0.0.0.0: its port is open to the network of the node'],
    ],
    ['that serves profiles', flags('--profiling=true'), ['low profiling: --profiling is true: /debug/pprof is served']],
    [
      'whose flag is ignored',
      `${staticPod('kube-scheduler', [...start, suites, `--config=${path}`, '--profiling=false'])}${file(path, 'apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n')}`,
      [
        `medium configuration-problems: --profiling is ignored: with --config, kube-scheduler takes this from ${path} alone`,
        'low profiling: enableProfiling is true (default): /debug/pprof is served',
      ],
    ],
    [
      'that ignores taints',
      configured('profiles: [{schedulerName: a, plugins: {filter: {disabled: [{name: TaintToleration}]}}}]'),
      ['medium plugins: profile a turns TaintToleration off: pods run on nodes that are tainted against them'],
    ],
    [
      'with an extender by http',
      configured('extenders: [{urlPrefix: "http://a.example"}]'),
      ['medium extenders: the connection to extender http://a.example is not encrypted'],
    ],
    [
      'with an extender of the node',
      configured('extenders: [{urlPrefix: "http://127.0.0.1:80"}]'),
      ['low extenders: the connection to extender http://127.0.0.1:80 is not encrypted'],
    ],
    [
      'with an extender that is not verified',
      configured('extenders: [{urlPrefix: "https://a.example", tlsConfig: {insecure: true}}]'),
      ['medium extenders: the connection to extender https://a.example is not verified: tlsConfig.insecure is true'],
    ],
    [
      'that needs no suite for HTTP/2',
      flags('--tls-cipher-suites=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384', '--disable-http2-serving'),
      [],
    ],
    [
      'with weak suites',
      flags('--tls-cipher-suites=TLS_RSA_WITH_RC4_128_SHA'),
      [
        'medium tls-cipher-suites: --tls-cipher-suites is TLS_RSA_WITH_RC4_128_SHA: TLS_RSA_WITH_RC4_128_SHA encrypts with RC4; without an ECDHE suite with AES_128_GCM_SHA256 there is no HTTP/2, and kube-scheduler does not start',
      ],
    ],
  ])('%s has that finding alone', (_, text, expected) => {
    expect(findings(text).sort()).toEqual(expected.sort());
  });

  it('does not tell what a file says that cannot be read', () => {
    const text = staticPod('kube-scheduler', [...start, suites, `--config=${path}`, '--profiling=false']);
    const judged = judgeText(controls, text);
    expect(judged.findings.map(({ control }) => control.id)).toEqual([
      'kube-scheduler/configuration-problems',
      'kube-scheduler/configuration-problems',
    ]);
    const open = judged.undecided.map(({ control, kind }) => `${control.id} ${kind}`);
    expect(open).toContain('kube-scheduler/profiling unknown');
    expect(open).toContain('kube-scheduler/plugins unknown');
    expect(open).toContain('kube-scheduler/extenders unknown');
  });
});
