/**
 * `${NAME}` in ProxyPass, ProxyPassReverse and its cookie kin: variables of the request, put in where the line says
 * `interpolate` and ProxyPassInterpolateEnv is on. One that is not set is empty.
 * Source: httpd 2.4 manual, mod_proxy, "ProxyPassInterpolateEnv". Thread: worker; does not throw.
 */
import type { Request } from '../request.js';

const VARIABLE = /\$\{([^}]*)\}/g;

/** Is there anything to put in? isAsked: the line says `interpolate` */
export function hasVariables(isAsked: boolean | undefined, ...texts: readonly string[]): boolean {
  return isAsked === true && texts.some((text) => text.includes('${'));
}

export function interpolate(text: string, r: Request): string {
  return text.replace(VARIABLE, (_, name: string) => r.env?.get(name) ?? '');
}
