import { isObject } from '../../model/json.ts';
import { Reader } from '../../model/reader.ts';
import { notApplicable, pass } from '../../model/verdict.ts';
import { isLoopbackEndpoint } from '../../semantics/node/listen-address.ts';
import { file } from '../node-examples.ts';
import { documentFailure, namedDocuments, notKnown } from './named-file.ts';
import { apiServer, serverControls } from './server-control.ts';

const tracing = (endpoint: string): string =>
  apiServer('--tracing-config-file=/etc/kubernetes/tracing.yaml') +
  file(
    '/etc/kubernetes/tracing.yaml',
    `kind: TracingConfiguration\nendpoint: ${endpoint}\nsamplingRatePerMillion: 100\n`,
  );

export default serverControls([
  {
    name: 'tracing-endpoint',
    title: 'The API server sends its traces to a collector on the node',
    severity: 'low',
    why: 'Traces are sent without TLS. They name users, objects and paths of requests, for everyone on the way to read.',
    remedy: 'Run a collector on the node, at localhost:4317, that sends them on over TLS.',
    check: (server, facts) => {
      const document = facts.get(namedDocuments)(server, 'tracing-config-file');
      if (document.kind === 'unset') return notApplicable('it sends no traces');
      if (document.kind === 'unusable') return notKnown(document.verdict);
      const { value } = document;
      const endpoint = isObject(value) ? new Reader(value, [], []).string('endpoint') : undefined;
      if (endpoint === undefined || endpoint.startsWith('unix:') || isLoopbackEndpoint(endpoint)) return pass;
      const message = `traces go to ${endpoint} without TLS`;
      return documentFailure(document, ['endpoint'], { message });
    },
    examples: { fail: [tracing('collector.example.com:4317')], pass: [tracing('localhost:4317')] },
  },
]);
