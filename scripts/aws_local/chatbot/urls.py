"""The paths of AWS Chatbot's API: one for each operation."""

from aws_local.chatbot.responses import ChatbotResponse

url_bases = [r"https?://chatbot\.(.+)\.amazonaws\.com"]
url_paths = {"{0}/(?P<operation>[^/]+)$": ChatbotResponse.dispatch}
