/**
 * The manual pages drover(8) and drover.conf(5), and the bash completion, made from what the program itself goes by: the
 * usage text, the table of environment variables, the rows of drover's own directives. Pure; used when the package is built.
 *
 * Source: man-pages(7) for sections, groff_man(7) for the macros.
 */
import { USAGE } from '../arguments.js';
import { CERT_USAGE } from '../cert/cert.js';
import { EDGE_ROWS } from '../config/directives/edge.js';
import { ENVIRONMENT_ROWS } from '../config/environment.js';
import { REPLAY_USAGE } from '../replay/replay.js';
import { versionOf } from '../server-token.js';

const REPLAY_OPTIONS = [...new Set(REPLAY_USAGE.match(/--[a-z-]+/g) ?? [])].join(' ');

/** Text as roff takes it literally. */
export function escapeRoff(text: string): string {
  return text
    .replace(/\\/g, '\\e')
    .replace(/-/g, '\\-')
    .replace(/^([.'])/gm, '\\&$1');
}

export function commandPage(): string {
  return `.TH DROVER 8 "" "drover ${versionOf()}" "System administration"
.SH NAME
drover \\- load balancer that runs an Apache httpd configuration
.SH SYNOPSIS
.nf
${escapeRoff(USAGE.trimEnd())}
.fi
.SH DESCRIPTION
One supervisor, which serves nothing, starts an edge process with a worker thread per core. The options are httpd's. Without
.B \\-f
the configuration is /etc/drover/drover.conf; see
.BR drover.conf (5).
.SH REPLAY
.nf
${escapeRoff(REPLAY_USAGE.trimEnd())}
.fi
The words
.BR ctl ,
.BR top ,
.BR cert ,
.B migrate
and
.B replay
take options of their own, which --help lists.
.SH CERTIFICATES
.nf
${escapeRoff(CERT_USAGE.trimEnd())}
.fi
.SH SIGNALS
To the supervisor, whose number stands in the PID file:
.TP
.B SIGUSR1
reads the configuration again; a new edge process takes over, the old one finishes what it has
.TP
.B SIGHUP
the same, and the old one has three seconds
.TP
.B SIGTERM
says that it is not ready for DROVER_DRAIN_DELAY, then finishes requests within GracefulShutdownTimeout; once more: at once
.TP
.B SIGWINCH
finishes requests, takes no more
.TP
.B SIGINT
ends at once
.SH FILES
.nf
/etc/drover/drover.conf
/etc/default/drover
/run/drover/drover.pid
/var/log/drover/
.fi
.SH "EXIT STATUS"
0 when it was done, 1 for anything else.
.SH "SEE ALSO"
.BR drover.conf (5),
.BR systemctl (1)
`;
}

export function configurationPage(): string {
  const directives = [...EDGE_ROWS].sort((a, b) => a.name.localeCompare(b.name));
  return `.TH DROVER.CONF 5 "" "drover ${versionOf()}" "File formats"
.SH NAME
drover.conf \\- configuration of drover
.SH DESCRIPTION
The language is that of Apache httpd 2.4, and httpd's manual is the reference for its directives. A word that drover does not
know is an error; one that means nothing to a balancer is accepted, and
.B drover \\-t \\-v
lists it with the reason. The installed /etc/drover/drover.conf explains what most hosts need.
.SH "DIRECTIVES OF DROVER"
${directives.map(({ name, usage }) => `.TP\n.B ${escapeRoff(name)}\n${escapeRoff(usage)}`).join('\n')}
.SH ENVIRONMENT
These win over the file, in every server. Set them in /etc/default/drover. An empty value counts as not set.
${ENVIRONMENT_ROWS.map(
  ({ name, directive, values, fallback, effect }) =>
    `.TP\n.B ${escapeRoff(name)}\n${escapeRoff(effect)}. Values: ${escapeRoff(values)}; without it ${escapeRoff(fallback)}.` +
    (directive === '' ? '' : ` Instead of ${escapeRoff(directive)}.`),
).join('\n')}
.SH "SEE ALSO"
.BR drover (8)
`;
}

/** Options of the usage text, -k's verbs, and files after -f. */
export function completion(): string {
  const options = [...new Set(USAGE.match(/(?<![\w-])-[A-Za-z]\b/g) ?? [])].join(' ');
  return `# bash completion of drover
_drover() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]}
  case $before in
    --to|--header|--timeout|--concurrency) ;;
    --speed) COMPREPLY=($(compgen -W '1x 2x 10x max' -- "$word")) ;;
    -k) COMPREPLY=($(compgen -W 'start restart graceful graceful-stop stop upgrade' -- "$word")) ;;
    -f|-E) COMPREPLY=($(compgen -f -- "$word")) ;;
    cert) COMPREPLY=($(compgen -W 'self-signed csr show check' -- "$word")) ;;
    show|check|--key|--out|--chain|--pass-file) COMPREPLY=($(compgen -f -- "$word")) ;;
    -d) COMPREPLY=($(compgen -d -- "$word")) ;;
    *) if [ "\${COMP_WORDS[1]}" = replay ]; then
         COMPREPLY=($(compgen -f -W '${REPLAY_OPTIONS}' -- "$word"))
         return
       fi
       COMPREPLY=($(compgen -W '${options} cert ctl demo migrate replay top' -- "$word")) ;;
  esac
}
complete -F _drover drover
`;
}
