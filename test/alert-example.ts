import type { Alert } from '../src/model/alert.ts';

/** An alert as a detection makes it, with what a test changes. */
export function exampleAlert(changes: Partial<Alert> = {}): Alert {
  return {
    id: '0123456789abcdef',
    revision: 0,
    rule: 'secrets-listed-cluster-wide',
    title: 'Secrets of all namespaces listed',
    severity: 'critical',
    attack: ['T1552.007'],
    actor: {
      user: 'system:serviceaccount:shop:web',
      impersonated: '',
      groups: ['system:serviceaccounts'],
      source: '10.0.3.7',
      userAgent: 'curl/8.5.0 (x86_64)',
    },
    targets: ['secrets shop/db', 'secrets'],
    message: 'system:serviceaccount:shop:web listed the secrets of all namespaces',
    next: ['revoke the tokens of the service account', 'rotate every secret'],
    first: '2026-11-20T20:07:46.630Z',
    last: '2026-11-20T20:07:47.988Z',
    count: 3,
    events: ['8f2a1f5e-0000-4000-8000-000000000001'],
    causes: [],
    ...changes,
  };
}
