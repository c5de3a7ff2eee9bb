namespace DiffusionSharp.Cpu.Tests.Training;

/// <summary>Adam, AdamW and averages in float64, as their papers write them.</summary>
internal sealed class ExactUpdate(double[] weights, int averages)
{
    public double[] Weights { get; } = weights;

    public double[] FirstMoments { get; } = new double[weights.Length];

    public double[] SecondMoments { get; } = new double[weights.Length];

    public double[][] Averages { get; } = [.. Enumerable.Range(0, averages).Select(_ => (double[])[.. weights])];

    // The n-th update, from 1.
    public void Run(float[] gradient, int n, double rate, double beta1, double beta2, double epsilon, double decay, bool decoupled, double maxNorm, Func<int, double> mu)
    {
        var norm = Math.Sqrt(gradient.Sum(v => (double)v * v));
        var clip = maxNorm > 0 && norm > maxNorm ? maxNorm / (norm + 1e-6) : 1;
        for (var i = 0; i < gradient.Length; i++)
        {
            var g = (clip * gradient[i]) + (decoupled ? 0 : decay * Weights[i]);
            FirstMoments[i] = (beta1 * FirstMoments[i]) + ((1 - beta1) * g);
            SecondMoments[i] = (beta2 * SecondMoments[i]) + ((1 - beta2) * g * g);
            var (m, v) = (FirstMoments[i] / (1 - Math.Pow(beta1, n)), SecondMoments[i] / (1 - Math.Pow(beta2, n)));
            Weights[i] -= rate * ((m / (Math.Sqrt(v) + epsilon)) + (decoupled ? decay * Weights[i] : 0));
            for (var k = 0; k < Averages.Length; k++)
            {
                Averages[k][i] = (mu(k) * Averages[k][i]) + ((1 - mu(k)) * Weights[i]);
            }
        }
    }
}
