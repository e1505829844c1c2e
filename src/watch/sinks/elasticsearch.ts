import { isList, isObject, type Json, own } from '../../model/json.ts';
import { ecsDocument } from './ecs.ts';
import { type HttpTarget, refusalOf } from './http-target.ts';
import { DeliveryError, deliveryKey, noRefusals, type Refusal, type Sink } from './sink.ts';

export interface ElasticsearchOptions {
  readonly name: string;
  readonly target: HttpTarget;
  /** An index or a data stream. */
  readonly index: string;
}

/**
 * Sends ECS documents to `_bulk` of Elasticsearch or OpenSearch. Each is created under the key of its alert and
 * revision: one that is sent again because the answer was lost meets a conflict, which is success.
 */
export function elasticsearchSink({ name, target, index }: ElasticsearchOptions): Sink {
  return {
    name,
    updates: 'every',
    batch: 200,
    async deliver(alerts, signal) {
      const lines = alerts.flatMap((alert) => [
        JSON.stringify({ create: { _index: index, _id: deliveryKey(alert) } }),
        JSON.stringify(ecsDocument(alert)),
      ]);
      const answer = await target.post({
        body: `${lines.join('\n')}\n`,
        contentType: 'application/x-ndjson',
        path: '/_bulk',
        signal,
      });
      const whole = refusalOf(answer, target.host);
      if (whole !== undefined) return alerts.map((alert) => ({ alert, reason: whole }));
      const results = resultsOf(answer.text, target.host);
      const refused: Refusal[] = [];
      for (const [place, alert] of alerts.entries()) {
        const { status, reason } = results[place] ?? { status: 0, reason: 'no result' };
        if ((status >= 200 && status < 300) || status === 409) continue;
        if (status !== 400 && status !== 413) throw new DeliveryError(`${target.host} answered ${status}: ${reason}`);
        refused.push({ alert, reason: `${target.host} refused the document: ${reason}` });
      }
      return refused.length === 0 ? noRefusals : refused;
    },
    close: async () => target.close(),
  };
}

interface ItemResult {
  readonly status: number;
  readonly reason: string;
}

function resultsOf(text: string, host: string): readonly ItemResult[] {
  let body: Json = null;
  try {
    body = JSON.parse(text);
  } catch (cause) {
    throw new DeliveryError(`${host} answered with something that is not JSON`, { cause });
  }
  const items = isObject(body) ? own(body, 'items') : undefined;
  if (!isList(items)) throw new DeliveryError(`${host} answered without results: is it an Elasticsearch?`);
  return items.map((item) => {
    const result = isObject(item) ? own(item, 'create') : undefined;
    if (!isObject(result)) return { status: 0, reason: 'no result' };
    const error = own(result, 'error');
    const reason = isObject(error) ? own(error, 'reason') : undefined;
    return {
      status: typeof result.status === 'number' ? result.status : 0,
      reason: typeof reason === 'string' ? reason.slice(0, 200) : '',
    };
  });
}
