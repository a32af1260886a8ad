/** The configuration of the demonstration, as an operator would write it. Text only. */

export interface DemoPlaces {
  folder: string;
  httpPort: number;
  httpsPort: number;
  certificateFile: string;
  keyFile: string;
  backends: readonly { name: string; port: number }[];
}

export function demoConfiguration(places: DemoPlaces): string {
  const { folder, httpPort, httpsPort } = places;
  const members = places.backends.map(
    ({ name, port }) =>
      `    BalancerMember "http://127.0.0.1:${port}" route=${name} retry=5 connectiontimeout=2`,
  );
  return `# drover's demonstration: one balancer with sticky sessions, on http and https.
ServerName localhost
PidFile   "${folder}/drover.pid"
ErrorLog  "${folder}/error.log"
LogFormat "%h %l %u %t \\"%r\\" %>s %b \\"%{Referer}i\\" \\"%{User-Agent}i\\" %{BALANCER_WORKER_ROUTE}e" demo
CustomLog "${folder}/access.log" demo

Listen 127.0.0.1:${httpPort}
Listen 127.0.0.1:${httpsPort} https

<Proxy "balancer://herd">
${members.join('\n')}
    ProxySet lbmethod=byrequests stickysession=ROUTEID
</Proxy>

# The balancer sets the session cookie itself, whenever a request got another member than its cookie names.
Header add Set-Cookie "ROUTEID=.%{BALANCER_WORKER_ROUTE}e; path=/" env=BALANCER_ROUTE_CHANGED
Header set X-Served-By "%{BALANCER_WORKER_ROUTE}e"
ProxyPreserveHost On

<VirtualHost *:${httpPort}>
    ProxyPass        "/" "balancer://herd/"
    ProxyPassReverse "/" "balancer://herd/"
</VirtualHost>

<VirtualHost *:${httpsPort}>
    SSLEngine on
    SSLCertificateFile    "${places.certificateFile}"
    SSLCertificateKeyFile "${places.keyFile}"
    RequestHeader set X-Forwarded-Proto "https"
    ProxyPass        "/" "balancer://herd/"
    ProxyPassReverse "/" "balancer://herd/"
</VirtualHost>
`;
}
