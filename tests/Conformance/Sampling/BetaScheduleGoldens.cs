using System.Globalization;
using System.Text.Json;
using Conformance.Networks;
using DiffusionSharp.Schedules;
using TestKit;

namespace Conformance.Sampling;

/// <summary>04_beta_schedules: the tables of the DDIM authors, improved-diffusion, lucidrains and diffusers.</summary>
public class BetaScheduleGoldens
{
    public static TheoryData<string, string> Runs => new(GoldenRuns.ForKind("04_beta_schedules"));

    [Theory(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    [MemberData(nameof(Runs))]
    public void Agrees(string name, string run)
    {
        var golden = new GoldenCase(name);
        if (golden.Json.GetProperty("space_timesteps").TryGetProperty(run, out var spaced))
        {
            Assert.Equal(spaced.EnumerateArray().Select(e => e.GetInt32()).Reverse(), Respaced(run));
            return;
        }

        var schedule = Schedule(run, golden.Json.GetProperty("schedules").GetProperty(run));
        double[] betas = golden.Doubles(run + "/betas"), alphaBars = golden.Doubles(run + "/alphas_cumprod");
        Assert.Equal(betas.Length, schedule.T);
        var float32 = run.StartsWith("diffusers", StringComparison.Ordinal);
        for (var t = 0; t < schedule.T; t++)
        {
            if (run.StartsWith("lucidrains_sigmoid", StringComparison.Ordinal))
            {
                // Its v_start and v_end are float32: an error of about 1e-7 in every ᾱ, and so in the ratio of two of them.
                Assert.Equal(alphaBars[t], schedule.AlphaBar(t), 1e-7);
                Assert.Equal(betas[t], schedule.Beta(t), Math.Max(1e-12, 2e-7 / schedule.AlphaBar(t - 1) * betas[t]));
            }
            else if (float32)
            {
                // float32's own step at 1 is what its betas of rescaled tables can carry.
                var rescaled = run.EndsWith("zero_snr", StringComparison.Ordinal);
                Assert.Equal(betas[t], schedule.Beta(t), (1e-6 * betas[t]) + (rescaled ? 1.2e-7 + RescaledError(alphaBars, t) : 0));
                var capped = betas[t] > 0.99 && !rescaled ? 2 : 1; // 1-β of a β near 1 keeps few of float32's bits
                Assert.Equal(alphaBars[t], schedule.AlphaBar(t), (capped * 1e-5 * alphaBars[t]) + (rescaled ? 1e-7 : 0));
            }
            else
            {
                // β = 1 - ᾱ'/ᾱ cannot be better than float64's step at 1.
                Assert.Equal(betas[t], schedule.Beta(t), (1e-12 * betas[t]) + 3e-16);
                Assert.Equal(alphaBars[t], schedule.AlphaBar(t), 1e-12 * alphaBars[t]);
            }
        }

        Assert.Equal(alphaBars[^1] == 0, schedule.HasZeroTerminalSnr);
    }

    // √ᾱ - √ᾱ_T cancels in float32 near the end; the ratio of two neighbours carries the error of both.
    private static double RescaledError(double[] alphaBars, int t) =>
        t == 0 || alphaBars[t] == 0 ? 0 : 4 * 6e-8 / Math.Sqrt(alphaBars[t]);

    private static NoiseSchedule Schedule(string run, JsonElement e)
    {
        if (run.StartsWith("diffusers", StringComparison.Ordinal))
        {
            return DiffusersConfig.Read(e, "DDPMScheduler").ToSchedule();
        }

        var T = e.GetProperty("T").GetInt32();
        var kind = e.GetProperty("kind").GetString()!;
        return $"{run.Split('_')[0]} {kind}" switch
        {
            var ours when ours.StartsWith("ermongroup", StringComparison.Ordinal) => ErmongroupModel.ReadSchedule(kind, T, e),
            "improved linear" or "lucidrains linear" => NoiseSchedule.LinearScaledT(T),
            "improved cosine" or "lucidrains cosine" => NoiseSchedule.Cosine(T),
            "lucidrains sigmoid" => NoiseSchedule.SigmoidLucidrains(T),
            var other => throw new NotSupportedException(other),
        };
    }

    // guided-diffusion's space_timesteps: "ddimS" is a fixed stride, "a,b,c" splits T into sections.
    private static Timesteps Respaced(string run)
    {
        var (T, rule) = (Int(run[1..run.IndexOf(':')]), run[(run.IndexOf(':') + 1)..]);
        if (rule.StartsWith("ddim", StringComparison.Ordinal))
        {
            // The least stride with that many.
            return Timesteps.Stride(T, Enumerable.Range(1, T).First(k => (T + k - 1) / k == Int(rule[4..])));
        }

        return Timesteps.Sections(T, [.. rule.Split(',').Select(Int)]);
    }

    private static int Int(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
