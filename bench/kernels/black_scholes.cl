/* SPDX-License-Identifier: MIT */
/* The normal distribution by a polynomial. */
float distribution(float x)
{
	const float k = 1.0f / (1.0f + 0.2316419f * fabs(x));
	const float tail = 0.39894228f * exp(-0.5f * x * x) * k *
			   (0.31938153f +
			    k * (-0.356563782f +
				 k * (1.781477937f + k * (-1.821255978f + k * 1.330274429f))));

	return x < 0.0f ? tail : 1.0f - tail;
}

/* Prices of a call and a put. */
kernel void black_scholes(global const float *price, global const float *strike,
			  global const float *years, global float2 *value, const float rate,
			  const float volatility)
{
	const int at = get_global_id(0);
	const float s = price[at], k = strike[at], t = years[at];
	const float spread = volatility * sqrt(t);
	const float d1 = (log(s / k) + (rate + 0.5f * volatility * volatility) * t) / spread;
	const float d2 = d1 - spread;
	const float later = k * exp(-rate * t);
	const float n1 = distribution(d1), n2 = distribution(d2);

	value[at] = (float2)(s * n1 - later * n2, later * (1.0f - n2) - s * (1.0f - n1));
}
