namespace DiffusionSharp.Cpu.Tests.Kernels.Gradients;

/// <summary>Gradients in float64 by central differences of sixth order.</summary>
internal static class Derivative
{
    /// <summary>Of Σ weights·f(x) for some of x, at an even distance.</summary>
    /// <param name="f">The function.</param>
    /// <param name="x">Where.</param>
    /// <param name="weights">The gradient of f's result.</param>
    /// <param name="step">The difference.</param>
    public static double[] Compute(Func<double[], double[]> f, double[] x, double[] weights, double step = 1e-2)
    {
        var result = new double[x.Length];
        for (var i = 0; i < x.Length; i++)
        {
            result[i] = ((45 * (At(1) - At(-1))) - (9 * (At(2) - At(-2))) + (At(3) - At(-3))) / (60 * step);

            double At(int steps)
            {
                var moved = (double[])x.Clone();
                moved[i] += steps * step;
                return f(moved).Zip(weights, (a, b) => a * b).Sum();
            }
        }

        return result;
    }
}
