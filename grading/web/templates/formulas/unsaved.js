// What was typed stays on the page until it is saved; nbgrader's own script says nothing otherwise.
addEventListener("load", () => {
  let unsaved = 0;
  addEventListener("beforeunload", (leaving) => unsaved && leaving.preventDefault());
  $(document).ajaxError((event, answer, asked) => {
    const saves = asked.type !== "GET";
    const why = answer.status === 503 ? answer.responseText : "The server does not answer as it should.";
    const box = $("<div role='alert' class='alert alert-danger'/>");
    const again = $("<button type='button' class='btn btn-danger btn-sm'/>").text("Try again");
    unsaved += saves;
    box.css({position: "fixed", bottom: 0, left: "1em", right: "1em", zIndex: 2000});
    box.append($("<p/>").text((saves ? "Not saved. " : "Not shown. ") + why), again);
    again.on("click", () => { box.remove(); unsaved -= saves; $.ajax(asked); });
    $("body").append(box);
  });
});
