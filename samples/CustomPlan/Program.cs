using DiffusionSharp;
using DiffusionSharp.Networks;
using DiffusionSharp.Noise;
using DiffusionSharp.Sampling.Execution;
using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Sampling.Solvers;
using DiffusionSharp.Schedules;

// Makes a plan of one's own, step by step, prints it, and carries it out with a denoiser known in closed form: if the data are Gaussian,
// x0 ~ N(mean, deviation²), then so is x_t, and the best prediction of the noise is linear in x_t.
//   dotnet run -c Release --project samples/CustomPlan

var schedule = NoiseSchedule.Linear(T: 1000);
var tau = Timesteps.Custom(schedule.T, 999, 950, 900, 800, 700, 550, 400, 280, 180, 100, 50, 20, 5, 0);

// DDPM (η = 1) while there is much noise, DDIM (η = 0) below t = 500. ᾱ at -1 is the clean image.
var steps = tau.Zip([.. tau.Skip(1), -1], (t, s) => DdimPlan.Step(t, schedule.AlphaBar(t), schedule.AlphaBar(s), new DdimOptions { Eta = t > 500 ? 1 : 0 }));
var plan = new SamplingPlan("DDPM, then DDIM", schedule.T, PredictionType.Epsilon, X0Treatment.None, [.. steps]);
Console.WriteLine(plan);

var gaussian = new GaussianDenoiser(schedule, Mean: 0.3, Deviation: 0.2);
var seeds = NoiseSource.FromSeeds([.. Enumerable.Range(0, 16).Select(seed => (ulong)seed)]);
var images = Sampler.Run(gaussian, plan, new SamplerRequest { Shape = new ImageShape(3, 32, 32), Count = 16, Noise = seeds });

var (mean, square) = (images.Values.Average(), images.Values.Average(v => v * v));
Console.WriteLine($"data:    mean {gaussian.Mean:0.000}, deviation {gaussian.Deviation:0.000}");
Console.WriteLine($"samples: mean {mean:0.000}, deviation {Math.Sqrt(square - (mean * mean)):0.000} (finer timesteps bring it closer)");

/// <summary>E[ε | x_t] = √(1-ᾱ)·(x_t - √ᾱ·mean) / (ᾱ·deviation² + 1 - ᾱ).</summary>
internal sealed record GaussianDenoiser(NoiseSchedule Schedule, double Mean, double Deviation) : IDenoiser
{
    public int OutputChannels => 3;

    public void Predict(DenoiserInput input, Span<float> prediction)
    {
        var alphaBar = Schedule.AlphaBar((int)input.Timesteps[0]);
        var factor = Math.Sqrt(1 - alphaBar) / ((alphaBar * Deviation * Deviation) + 1 - alphaBar);
        for (var i = 0; i < prediction.Length; i++)
        {
            prediction[i] = (float)(factor * (input.X[i] - (Math.Sqrt(alphaBar) * Mean)));
        }
    }
}
