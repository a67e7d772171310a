// Goes on once every app has been told, or has had its time.
const on = document.getElementById("on");
const go = () => location.replace(on.href);
if (document.readyState === "complete") go();
else addEventListener("load", go);
setTimeout(go, 3000);
