/**
 * The look of drover's pages: one style sheet, light and dark by the reader's own setting, tables that become cards on a
 * phone. It stands in the page itself; the Content-Security-Policy lets it in by its hash.
 */
export const STYLE = `
:root{color-scheme:light dark;--bg:#f6f7f9;--card:#fff;--ink:#1b2430;--soft:#5a6675;--line:#dde2e8;--accent:#1f5fbf;
--ok:#11623a;--okbg:#e2f4ea;--warn:#8a5a00;--warnbg:#fdf0d5;--bad:#b3261e;--badbg:#fce4e2;--off:#586474;--offbg:#e9ecf0;
--wait:#1f5fbf;--waitbg:#e3edfb;--area:#cfe0f7}
@media (prefers-color-scheme:dark){:root{--bg:#12161c;--card:#1a2029;--ink:#e6ebf2;--soft:#9aa7b6;--line:#2c3542;
--accent:#82b4ff;--ok:#6fd6a0;--okbg:#14352a;--warn:#f0c36a;--warnbg:#3a2e12;--bad:#ff9b93;--badbg:#43201e;--off:#a8b3c1;
--offbg:#2a323d;--wait:#8fbcff;--waitbg:#1c2f4d;--area:#24436e}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.45 system-ui,sans-serif}
a{color:var(--accent)}
header,main,footer{max-width:1540px;margin:0 auto;padding:0 20px}
header{padding-top:20px}
h1{font-size:1.35rem;margin:0 0 2px}
h2{font-size:1.15rem;margin:0}
h3{font-size:1.1rem;margin:0;display:flex;flex-wrap:wrap;gap:4px 10px;align-items:baseline}
h4{font-size:.95rem;margin:0 0 6px}
.soft,ul.about,.hint{color:var(--soft)}
ul.about{margin:0;padding:0;list-style:none;display:flex;flex-wrap:wrap;gap:2px 18px;font-size:.85rem}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(140px,1fr));gap:12px;margin:16px 0;padding:0;list-style:none}
.tiles li,section.card{background:var(--card);border:1px solid var(--line);border-radius:10px}
.tiles li{padding:10px 14px}
.tiles b{display:block;font-size:1.5rem;font-weight:600;font-variant-numeric:tabular-nums}
.tiles span{color:var(--soft);font-size:.85rem}
section.card{margin:0 0 20px;padding:16px}
.scroll{overflow-x:auto;margin:12px 0}
table{border-collapse:collapse;width:100%;font-size:.88rem;font-variant-numeric:tabular-nums}
th,td{padding:6px 5px;text-align:left;border-bottom:1px solid var(--line);white-space:nowrap;vertical-align:middle}
th{color:var(--soft);font-weight:600;font-size:.78rem;white-space:normal;vertical-align:bottom}
tbody tr:last-child td{border-bottom:0}
td.n,th.n{text-align:right}
td.wide{white-space:normal;min-width:130px}
.pill{display:inline-block;padding:1px 9px;border-radius:999px;font-weight:600;font-size:.82rem;white-space:nowrap}
[data-standing=ok] .pill{color:var(--ok);background:var(--okbg)}
[data-standing=draining] .pill{color:var(--warn);background:var(--warnbg)}
[data-standing=error] .pill{color:var(--bad);background:var(--badbg)}
[data-standing=off] .pill{color:var(--off);background:var(--offbg)}
[data-standing=waiting] .pill{color:var(--wait);background:var(--waitbg)}
.tag{font-size:.75rem;font-weight:600;color:var(--warn);background:var(--warnbg);border-radius:4px;padding:0 6px}
svg.chart{display:block;width:90px;height:40px}
svg .area{fill:var(--area)}
svg .line{fill:none;stroke:var(--accent);stroke-width:1.5;vector-effect:non-scaling-stroke}
svg .marks{fill:none;stroke:var(--bad);stroke-width:1}
svg .floor{stroke:var(--line)}
details{border-top:1px solid var(--line);padding:8px 0}
summary{cursor:pointer;padding:4px 2px;border-radius:4px}
summary:focus-visible,a:focus-visible,button:focus-visible,input:focus-visible,select:focus-visible,[tabindex]:focus-visible
{outline:3px solid var(--accent);outline-offset:2px}
details.member>summary{display:flex;flex-wrap:wrap;gap:4px 12px;align-items:center}
details.member>summary::before{content:"\\25B8";color:var(--soft);width:1em}
details.member[open]>summary::before{content:"\\25BE"}
summary .url{font-weight:600;overflow-wrap:anywhere}
.panel{display:grid;grid-template-columns:repeat(auto-fit,minmax(280px,1fr));gap:16px;padding:8px 2px 4px}
.acts{display:grid;gap:8px;align-content:start}
.acts details{border:1px solid var(--line);border-radius:8px;padding:2px 10px}
.acts details p{margin:4px 0 8px}
.panel svg.chart{width:100%;height:90px}
.facts{display:grid;grid-template-columns:auto 1fr;gap:2px 12px;margin:8px 0 0;font-size:.88rem}
.facts dt{color:var(--soft)}
.facts dd{margin:0;font-variant-numeric:tabular-nums}
form.edit{display:grid;gap:8px;align-content:start}
label.field{display:grid;grid-template-columns:minmax(110px,38%) 1fr;gap:10px;align-items:center;font-size:.9rem}
fieldset{border:1px solid var(--line);border-radius:8px;margin:0;padding:6px 10px}
legend{padding:0 4px;color:var(--soft);font-size:.82rem}
.flag{display:grid;grid-template-columns:1fr auto auto;gap:4px 14px;align-items:center;font-size:.88rem;padding:2px 0}
.flag label{display:inline-flex;gap:4px;align-items:center}
input[type=text],select{font:inherit;width:100%;padding:5px 8px;border:1px solid var(--soft);border-radius:6px;
background:var(--card);color:var(--ink)}
button{font:inherit;font-weight:600;padding:6px 14px;border-radius:6px;border:1px solid var(--accent);background:transparent;
color:var(--accent);cursor:pointer;justify-self:start}
button.main{background:var(--accent);color:var(--card)}
button:hover{filter:brightness(1.12)}
.hint{font-size:.82rem;margin:0}
.note{border-left:4px solid var(--accent);background:var(--card);padding:8px 12px;border-radius:4px;margin:12px 0}
.note.bad{border-color:var(--bad)}
.live{font-size:.82rem;color:var(--soft)}
.live[data-on]::before{content:"\\25CF ";color:var(--ok)}
footer{padding-bottom:30px;font-size:.82rem;color:var(--soft)}
pre{overflow-x:auto;background:var(--card);border:1px solid var(--line);border-radius:8px;padding:12px;font-size:.85rem}
@media (max-width:760px){header,main,footer{padding-left:12px;padding-right:12px}
table.cards thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
table.cards tr{display:grid;grid-template-columns:1fr 1fr;gap:2px 12px;padding:10px 0;border-bottom:1px solid var(--line)}
table.cards tbody tr:last-child{border-bottom:0}
table.cards td{display:flex;justify-content:space-between;gap:8px;border:0;padding:2px 0;text-align:right;white-space:normal}
table.cards td:empty{display:none}
table.cards td::before{content:attr(data-label);color:var(--soft);font-size:.8rem}
table.cards td.first,table.cards td.wide,table.cards td.shown{grid-column:1/-1}
table.cards td.first{font-weight:600;overflow-wrap:anywhere}
table.cards td.first::before{content:none}
label.field{grid-template-columns:1fr}}
@media (prefers-reduced-motion:no-preference){.pill,svg path{transition:d .4s,background .4s}}
`;
