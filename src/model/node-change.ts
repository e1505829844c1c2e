import type { Component } from './component.ts';
import type { Json } from './json.ts';

/** A change to how a node is set up, whatever its layout: where it is written down is for the layout to say. */
export type NodeChange =
  /** Sets a setting by its resolver's name; `null` takes it away, so that the default holds. */
  | { readonly kind: 'setting'; readonly component: Component; readonly name: string; readonly value: Json }
  /** Takes away permission bits that are not in `mode`; never adds any. */
  | { readonly kind: 'mode'; readonly path: string; readonly mode: number }
  | { readonly kind: 'owner'; readonly path: string; readonly uid: number; readonly gid: number };
