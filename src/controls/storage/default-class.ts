import { storageClasses, storageClassOf } from '../../facts/storage.ts';
import { fail, notApplicable, pass } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { storageClass } from './examples.ts';

const mark = 'storageclass.kubernetes.io/is-default-class: "true"';

/** Source: Kubernetes documentation, "Storage Classes": of several defaults the newest is taken, since 1.26. */
export default control({
  id: 'storage/default-class',
  title: 'One StorageClass is the default',
  severity: 'low',
  profile: 'reliability',
  subject: 'object',
  kinds: ['StorageClass'],
  why: 'With several defaults the newest wins, and before 1.26 claims were refused: whether volumes are encrypted then depends on the order in which classes were made.',
  remedy: 'Take the annotation storageclass.kubernetes.io/is-default-class from all but one.',
  check: ({ object }, facts) => {
    const here = facts.get(storageClassOf)(object);
    if (here?.isDefault !== true) return notApplicable('it is no default class');
    const others = [...facts.get(storageClasses).values()].filter(
      (each) => each.isDefault && each.object.name !== object.name,
    );
    if (others.length === 0) return pass;
    if (others.some((other) => other.object.name < object.name)) return notApplicable('it is told of another default');
    const names = others.slice(0, 3).map(({ object: { name } }) => name);
    return fail(`StorageClass ${object.name} is the default, and so is ${names.join(', ')}`, [
      'metadata',
      'annotations',
    ]);
  },
  examples: {
    fail: [
      `${storageClass('ebs.csi.aws.com', '', mark)}---\n${storageClass('efs.csi.aws.com', '', mark).replace('name: data', 'name: files')}`,
    ],
    pass: [
      `${storageClass('ebs.csi.aws.com', '', mark)}---\n${storageClass('efs.csi.aws.com').replace('name: data', 'name: files')}`,
    ],
  },
});
