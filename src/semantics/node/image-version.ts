import type { Component } from '../../model/component.ts';

/** The minor version that an image's tag tells: of `kube-apiserver:v1.20.2`, 20; of `etcd:3.4.13-0`, 4. A digest says nothing. */
export function minorOfImage(component: Component, image: string | undefined): number | undefined {
  const tag = /:v?(\d{1,3})\.(\d{1,3})\.\d+[^/@]*(?:@|$)/.exec(image ?? '');
  if (tag === null) return undefined;
  return Number(tag[1]) === (component === 'etcd' ? 3 : 1) ? Number(tag[2]) : undefined;
}
