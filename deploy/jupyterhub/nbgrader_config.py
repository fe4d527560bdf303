"""nbgrader's settings for everyone on the hub; the course's own lie in the course folder."""

from pathlib import Path

try:
    import tomllib
except ImportError:  # Python 3.10
    import tomli as tomllib

c = get_config()  # noqa: F821 - nbgrader provides it
course = tomllib.loads(Path(__file__).with_name("course.toml").read_text("utf-8"))

c.CourseDirectory.course_id = course["course"]
c.Exchange.root = f"{course['folder']}/exchange"
c.ExchangeFactory.submit = "grading.exchange.CarefulSubmit"
c.ExchangeFactory.collect = "grading.exchange.CarefulCollect"
c.ExchangeFactory.release_feedback = "grading.exchange.CarefulReleaseFeedback"
c.CarefulCollect.students = course["students"]
