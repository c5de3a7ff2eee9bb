using DiffusionSharp.Networks;
using DiffusionSharp.Noise;
using DiffusionSharp.Sampling.Execution;
using DiffusionSharp.Sampling.Solvers;
using DiffusionSharp.Schedules;
using DiffusionSharp.Training.Objectives;

namespace DiffusionSharp.Tests.Sampling.Execution;

public class EdmDenoiserTests
{
    private static readonly ImageShape Shape = new(1, 2, 3);

    /// <summary>
    /// F = 0 is the exact network of Gaussian data with σ_data (then D = c_skip·x), whose ODE leads from x at σ to x·σ_data/√(σ²+σ_data²); x of a plan is
    /// that divided by √(1+σ²).
    /// </summary>
    [Theory]
    [InlineData(Solver.Ddim, 0.5, 2e-2)]
    [InlineData(Solver.Heun, 0.5, 2e-4)]
    [InlineData(Solver.DpmPlusPlus2M, 2, 1e-3)]
    [InlineData(Solver.UniPc2, 0.3, 1e-3)]
    public void The_network_of_Gaussian_data_is_sampled_along_its_ODE(Solver solver, double data, double tolerance)
    {
        var edm = new EdmPreconditioning { SigmaData = data };
        var schedule = edm.Schedule(1000);
        var plan = SolverPlan.Create(solver, NoiseLevels.Karras(schedule, 400), new DdimOptions { PredictionType = PredictionType.VPrediction });
        double[] start = [-1.5, -0.3, 0, 0.2, 1, 2];
        var images = Sampler.Run(new EdmDenoiser(new Constant((_, _) => 0), edm, schedule), plan, new SamplerRequest
        {
            Shape = Shape,
            Count = 1,
            Noise = NoiseSource.FromSeeds([0]),
            InitialX = [.. start],
        });
        var factor = plan.InitialScale * Math.Sqrt(1 + (80 * 80)) * data / Math.Sqrt((80 * 80) + (data * data));
        Assert.All(start.Zip(images.Values), v => Assert.Equal(v.First * factor, v.Second, tolerance * data));
    }

    /// <summary>A network that returns the objective's target for what it is given makes the v of the image and the noise.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(411.6)]
    [InlineData(999)]
    public void It_is_called_as_it_was_trained_and_returns_v(double t)
    {
        var edm = new EdmPreconditioning { SigmaData = 0.7 };
        var schedule = edm.Schedule(1000);
        var alphaBar = schedule.AlphaBar(t, AlphaBarInterpolation.LogSigma);
        double sigma = NoiseLevel.SigmaOf(alphaBar), signal = Math.Sqrt(alphaBar), noise = Math.Sqrt(1 - alphaBar);
        float[] x0 = [-1, 1, 0.3f, 0, -0.2f, 0.9f], epsilon = [0.1f, -2, 1.4f, 0.5f, 0, -0.6f];
        float[] input = new float[6], target = new float[6], v = new float[6];
        var time = new EdmObjective(edm).Noise(sigma, x0, epsilon, input, target);
        var network = new Constant((x, i) =>
        {
            Assert.Equal(input[i], x, 1e-6);
            return target[i];
        });
        new EdmDenoiser(network, edm, schedule).Predict(
            new DenoiserInput { Count = 1, Shape = Shape, X = [.. x0.Zip(epsilon, (a, e) => (float)((signal * a) + (noise * e)))], Timesteps = [t] }, v);
        Assert.Equal(Math.Log(sigma) / 4, network.Time, 1e-12);
        Assert.Equal(time, network.Time, 1e-12);
        for (var i = 0; i < 6; i++)
        {
            Assert.Equal((signal * epsilon[i]) - (noise * x0[i]), v[i], 1e-6);
        }
    }

    /// <summary>By differences of the v itself, of a network with known derivatives. At no level of the schedule, where t's is another on each side.</summary>
    [Theory]
    [InlineData(0.5)]
    [InlineData(1.7)]
    public void Derivatives_are_those_of_v(double data)
    {
        var edm = new EdmPreconditioning { SigmaData = data };
        var denoiser = new EdmDenoiser(new Sine(), edm, edm.Schedule(1000));
        float[] x = [0.1f, -2, 0.7f, 1, 0.5f, -1, 2, 0, 0.3f, -0.4f, 1.1f, 0.9f], byX = new float[12], v = new float[12], seen = new float[12];
        double[] t = [0.5, 620.4], byTimesteps = new double[2];
        float[] u = [.. x.Select((_, i) => (float)Math.Cos(3 * i))];
        denoiser.Differentiate(Input(x, t), v, (prediction, g) =>
        {
            prediction.CopyTo(seen);
            u.CopyTo(g);
        }, byX, byTimesteps);
        Assert.Equal(Predict(x, t), v);
        Assert.Equal(v, seen);
        for (var i = 0; i < 12; i++)
        {
            Assert.Equal((At(i, 0.01f, 0) - At(i, -0.01f, 0)) / 0.02, byX[i], 2e-4 * byX.Max(Math.Abs));
        }

        for (var n = 0; n < 2; n++)
        {
            Assert.Equal((At(6 * n, 0, 0.3) - At(6 * n, 0, -0.3)) / 0.6, byTimesteps[n], 2e-3 * Math.Abs(byTimesteps[n]));
        }

        var again = new float[12];
        denoiser.Differentiate(Input(x, t), v, (_, g) => u.CopyTo(g), again, []);
        Assert.Equal(byX, again);

        float[] Predict(float[] at, double[] levels)
        {
            var prediction = new float[at.Length];
            denoiser.Predict(Input(at, levels), prediction);
            return prediction;
        }

        double At(int i, float dx, double dt)
        {
            float[] moved = [.. x];
            double[] level = [.. t];
            moved[i] += dx;
            level[i / 6] += dt;
            return Predict(moved, level).Zip(u, (a, b) => (double)a * b).Sum();
        }
    }

    [Fact]
    public void Pure_noise_has_no_sigma() => Assert.Equal(
        ErrorKind.Configuration,
        Assert.Throws<DiffusionException>(() => new EdmDenoiser(new Constant((_, _) => 0), new EdmPreconditioning(), NoiseSchedule.Linear().WithZeroTerminalSnr())).Kind);

    private static DenoiserInput Input(float[] x, double[] t) => new() { Count = t.Length, Shape = Shape, X = x, Timesteps = t };

    /// <summary>F = sin(x + 3·t).</summary>
    private sealed class Sine : IDifferentiableDenoiser
    {
        public int OutputChannels => 1;

        public void Predict(DenoiserInput input, Span<float> prediction)
        {
            for (var i = 0; i < prediction.Length; i++)
            {
                prediction[i] = (float)Math.Sin(Angle(input, i));
            }
        }

        public void Differentiate(DenoiserInput input, Span<float> prediction, Cotangent cotangent, Span<float> byX, Span<double> byTimesteps)
        {
            Predict(input, prediction);
            var g = new float[prediction.Length];
            cotangent(prediction, g);
            byTimesteps.Clear();
            for (var i = 0; i < g.Length; i++)
            {
                byX[i] = (float)(g[i] * Math.Cos(Angle(input, i)));
                if (!byTimesteps.IsEmpty)
                {
                    byTimesteps[i / Shape.Elements] += 3 * g[i] * Math.Cos(Angle(input, i));
                }
            }
        }

        private static double Angle(DenoiserInput input, int i) => input.X[i] + (3 * input.Timesteps[i / Shape.Elements]);
    }

    private sealed class Constant(Func<float, int, float> value) : IDenoiser
    {
        public int OutputChannels => 1;

        public double Time { get; private set; }

        public void Predict(DenoiserInput input, Span<float> prediction)
        {
            Time = input.Timesteps[0];
            for (var i = 0; i < prediction.Length; i++)
            {
                prediction[i] = value(input.X[i], i);
            }
        }
    }
}
