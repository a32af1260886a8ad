/**
 * Names of the functions and operators of expressions: what the parser accepts, what edge/expr/compile.ts must know.
 * Names are compared without regard to case and kept in lower case, operators without their dash.
 * Source: httpd 2.4 manual, "Expressions in Apache HTTP Server", "Functions".
 */
export const STRING_FUNCTIONS: ReadonlySet<string> = new Set([
  'req',
  'http',
  'req_novary',
  'resp',
  'reqenv',
  'osenv',
  'note',
  'env',
  'tolower',
  'toupper',
  'escape',
  'unescape',
  'base64',
  'unbase64',
  'md5',
  'sha1',
  'file',
  'filesize',
  'ssl',
]);

/** In health check expressions only: body of the answer. */
export const HEALTH_FUNCTIONS: ReadonlySet<string> = new Set(['hc']);

export const UNARY_OPERATORS: ReadonlySet<string> = new Set([
  'n',
  'z',
  'T',
  'R',
  'd',
  'e',
  'f',
  's',
  'L',
  'h',
  'x',
]);

export const BINARY_OPERATORS: ReadonlySet<string> = new Set(['ipmatch', 'strmatch', 'strcmatch', 'fnmatch']);

/**
 * Known to httpd; there is nothing at an edge that they could ask.
 * httpd differs: it has them; here they are an error of the configuration.
 */
export const UNSUPPORTED: ReadonlyMap<string, string> = new Map([
  ['-F', 'it needs a file tree'],
  ['-U', 'it needs subrequests'],
  ['-A', 'it needs subrequests'],
  ['ldap', 'it needs a directory server'],
  ['PeerExtList', 'client certificate extensions are not available'],
]);
