import type { AuditEvent } from '../model/audit-event.ts';
import { isObject, type Json, type JsonObject, own } from '../model/json.ts';
import { objectsIn, stringsIn } from '../model/json-list.ts';
import { targetText } from '../semantics/audit-event/index.ts';
import { BoundedStore } from './store.ts';
import type { Changer } from './view.ts';

const prefix = 'system:serviceaccount:kube-system:';

/** What each controller makes, and of which kinds the owners are. Any other owner is nobody's promise. */
const controllers: ReadonlyMap<string, { readonly owner: string; readonly resource: string }> = new Map(
  [
    ['replicaset-controller', 'ReplicaSet', 'replicasets.apps'],
    ['deployment-controller', 'Deployment', 'deployments.apps'],
    ['daemon-set-controller', 'DaemonSet', 'daemonsets.apps'],
    ['statefulset-controller', 'StatefulSet', 'statefulsets.apps'],
    ['job-controller', 'Job', 'jobs.batch'],
    ['cronjob-controller', 'CronJob', 'cronjobs.batch'],
    ['replication-controller', 'ReplicationController', 'replicationcontrollers'],
  ].map(([name = '', owner = '', resource = '']) => [`${prefix}${name}`, { owner, resource }]),
);

const made: ReadonlySet<string> = new Set(['pods', 'replicasets', 'jobs']);
const workloads: ReadonlySet<string> = new Set([
  ...['replicationcontrollers', 'deployments.apps', 'daemonsets.apps', 'statefulsets.apps', 'replicasets.apps'],
  ...['jobs.batch', 'cronjobs.batch'],
]);

interface Entry extends Changer {
  readonly time: number;
}

/** Who changed each workload, so that what its controller makes is told of them. */
export class Attribution {
  private readonly changers: BoundedStore<Entry>;

  constructor(maxKeys: number) {
    this.changers = new BoundedStore(maxKeys);
  }

  get evicted(): number {
    return this.changers.evicted;
  }

  /** Who changed the workload for which a controller made this object: by its owner, else by its name. */
  changerOf(event: AuditEvent): Changer | undefined {
    const { object, user } = event;
    if (object === undefined || user === undefined || event.verb !== 'create' || object.subresource !== '')
      return undefined;
    const controller = made.has(object.resource) ? controllers.get(user.name) : undefined;
    if (controller === undefined) return undefined;
    const owner = ownerOf(event, controller.owner) ?? ownerByName(object.name);
    return owner === undefined ? undefined : this.changers.peek(keyOf(controller.resource, object.namespace, owner));
  }

  /** Remembers changes of workloads, through as many controllers as it takes. `fired` are the rules that did on this one. */
  observe(event: AuditEvent, fired: readonly string[]): void {
    const { object, user, verb, outcome } = event;
    if (object === undefined || user === undefined || outcome !== 'ok') return;
    if (verb !== 'create' && verb !== 'update' && verb !== 'patch') return;
    if (object.subresource !== '') return;
    const resource = object.group === '' ? object.resource : `${object.resource}.${object.group}`;
    const name = object.name || nameIn(event.response);
    if (!workloads.has(resource) || name === '') return;
    const key = keyOf(resource, object.namespace, name);
    if (user.name.startsWith(prefix) && controllers.has(user.name)) {
      // A controller's own updates of what it owns change nobody's mind about who is behind it.
      const changer = verb === 'create' ? this.changerOf(event) : undefined;
      if (changer !== undefined) {
        const told = [...new Set([...changer.told, ...fired])];
        this.changers.set(key, { ...changer, told, time: event.time });
      }
      return;
    }
    if (user.name.startsWith('system:') && !user.name.startsWith('system:serviceaccount:')) return;
    this.changers.set(key, {
      name: user.name,
      groups: user.groups,
      told: fired,
      target: targetText(event),
      time: event.time,
    });
  }

  save(): Json {
    return this.changers.save((entry) => ({ ...entry }));
  }

  restore(saved: Json | undefined): void {
    this.changers.restore(saved, (entry) => {
      if (!isObject(entry)) return undefined;
      const { name, groups, target, time } = entry;
      const all = Array.isArray(groups) ? groups.map(String) : [];
      return {
        name: String(name),
        groups: all,
        told: stringsIn(entry.told),
        target: String(target),
        time: Number(time),
      };
    });
  }
}

function keyOf(resource: string, namespace: string, name: string): string {
  return `${resource} ${namespace}/${name}`;
}

function ownerOf({ request, response }: AuditEvent, kind: string): string | undefined {
  for (const body of [request, response]) {
    if (!isObject(body)) continue;
    for (const owner of objectsIn(own(metadata(body), 'ownerReferences'))) {
      if (owner.kind === kind && typeof owner.name === 'string') return owner.name;
    }
  }
  return undefined;
}

/** Controllers name what they make after its owner: `web-7d9c` for `web`. */
function ownerByName(name: string): string | undefined {
  const dash = name.lastIndexOf('-');
  return dash <= 0 ? undefined : name.slice(0, dash);
}

function nameIn(response: Json | undefined): string {
  const name = isObject(response) ? own(metadata(response), 'name') : undefined;
  return typeof name === 'string' ? name : '';
}

function metadata(body: JsonObject): JsonObject {
  const value = own(body, 'metadata');
  return isObject(value) ? value : {};
}
