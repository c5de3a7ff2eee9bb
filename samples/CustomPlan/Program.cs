// Makes a plan for timesteps of one's own choice, prints it, and carries it out with a denoiser known in closed form:
// if the data are Gaussian, x0 ~ N(mean, deviation²), then so is x_t, and the best prediction of the noise is linear in x_t.
//   dotnet run -c Release --project samples/CustomPlan
using DiffusionSharp;
using DiffusionSharp.Noise;
using DiffusionSharp.Sampling;
using DiffusionSharp.Schedules;

var schedule = NoiseSchedule.Linear(T: 1000);
var tau = Timesteps.Custom(schedule.T, 999, 950, 900, 800, 700, 550, 400, 280, 180, 100, 50, 20, 5, 0);
var plan = DdimPlan.Create(schedule, tau, new DdimOptions { Eta = 0.5 });
Console.WriteLine(plan);

var gaussian = new GaussianDenoiser(schedule, Mean: 0.3, Deviation: 0.2);
var images = Sampler.Run(gaussian, plan, new SamplerRequest
{
    Shape = new ImageShape(3, 32, 32),
    Count = 16,
    Noise = NoiseSource.FromSeeds([.. Enumerable.Range(0, 16).Select(seed => (ulong)seed)]),
});

var mean = images.Values.Average();
var deviation = Math.Sqrt(images.Values.Average(v => (v - mean) * (v - mean)));
Console.WriteLine($"data:    mean {gaussian.Mean:0.000}, deviation {gaussian.Deviation:0.000}");
Console.WriteLine($"samples: mean {mean:0.000}, deviation {deviation:0.000} (finer timesteps bring it closer)");

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
