// Sends the answer on.
document.getElementById("answer")?.requestSubmit();
