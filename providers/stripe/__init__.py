"""Stripe: hosted Checkout for customers who are there, PaymentIntents for those who are not."""
