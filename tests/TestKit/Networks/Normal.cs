namespace TestKit.Networks;

/// <summary>The normal distribution in float64.</summary>
public static class Normal
{
    /// <summary>Φ(x), the probability of a value below x, to 1e-14 of itself.</summary>
    public static double Below(double x)
    {
        var density = Math.Exp(-0.5 * x * x) / Math.Sqrt(2 * Math.PI);
        if (x < -3)
        {
            // Mills' ratio as a continued fraction (Abramowitz and Stegun, 26.2.14).
            var tail = -x;
            for (var n = 200; n > 0; n--)
            {
                tail = -x + (n / tail);
            }

            return density / tail;
        }

        // 26.2.11: terms of one sign.
        double sum = 0, term = x;
        for (var n = 1; n < 400 && Math.Abs(term) > 1e-20 * Math.Abs(sum); n++)
        {
            sum += term;
            term *= x * x / ((2 * n) + 1);
        }

        return x > 9 ? 1 : 0.5 + (density * sum);
    }
}
