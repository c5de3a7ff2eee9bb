using System.Text.Json;
using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Schedules;

namespace Conformance.Sampling;

/// <summary>
/// The config of one of diffusers' solvers (DPMSolverMultistepScheduler and its kin), option by option with that class's defaults: to the parts
/// of a plan that does the same. An option that nobody asks for is an error of the test.
/// </summary>
internal sealed class DiffusersSolverConfig(JsonElement config, double betaStart = 1e-4, double betaEnd = 0.02)
{
    private readonly HashSet<string> read = [];

    public NoiseSchedule Schedule =>
        NoiseSchedule.Named(Text("beta_schedule", "linear"), T, Number("beta_start", betaStart), Number("beta_end", betaEnd))
        ?? throw new NotSupportedException(Text("beta_schedule", "linear"));

    private int T => (int)Number("num_train_timesteps", 1000);

    public PredictionType PredictionType => Text("prediction_type", "epsilon") switch
    {
        "epsilon" => PredictionType.Epsilon,
        "sample" => PredictionType.Sample,
        "v_prediction" => PredictionType.VPrediction,
        var other => throw new NotSupportedException(other),
    };

    public X0Treatment X0Treatment => Flag("thresholding", false)
        ? X0Treatment.DynamicThreshold(Number("dynamic_thresholding_ratio", 0.995), Number("sample_max_value", 1))
        : X0Treatment.None;

    public string Text(string key, string otherwise) => Find(key) is { } value ? value.GetString()! : otherwise;

    public bool Flag(string key, bool otherwise) => Find(key) is { } value ? value.GetBoolean() : otherwise;

    public double Number(string key, double otherwise) => Find(key) is { } value ? value.GetDouble() : otherwise;

    public IEnumerable<int> Integers(string key) => Find(key) is { } value ? value.EnumerateArray().Select(e => e.GetInt32()) : [];

    /// <summary>The levels; σ is Karras' or Lu's own, while t is the nearest integer.</summary>
    public NoiseLevels Levels(int steps)
    {
        var schedule = Schedule;
        var final = Text("final_sigmas_type", "zero") == "zero" ? FinalAlphaBar.One : FinalAlphaBar.AlphaBarZero;
        var spacing = Text("timestep_spacing", "linspace");
        NoiseLevels? between = Flag("use_karras_sigmas", false) ? NoiseLevels.Karras(schedule, steps, final)
            : Flag("use_lu_lambdas", false) || Flag("use_exponential_sigmas", false) ? NoiseLevels.Exponential(schedule, steps, final)
            : null;
        return between is null
            ? NoiseLevels.FromTimesteps(schedule, Tau(spacing, steps), final)
            : NoiseLevels.Custom(T, between.FinalAlphaBar, [.. between.Select(l => l with { Timestep = Math.Round(l.Timestep) })]);
    }

    /// <summary>The levels of the classes that space τ as the DDIM family does, with σ and t between the integers where they are Karras'.</summary>
    public NoiseLevels DdimLevels(int steps, string spacing = "linspace", FinalAlphaBar final = FinalAlphaBar.One)
    {
        final = Text("final_sigmas_type", "zero") == "zero" ? final : FinalAlphaBar.AlphaBarZero;
        var rule = Text("timestep_spacing", spacing) switch
        {
            "linspace" => TimestepSpacing.Linspace,
            "leading" => TimestepSpacing.Leading,
            "trailing" => TimestepSpacing.Trailing,
            var other => throw new NotSupportedException(other),
        };
        return NoiseLevels.Create(Schedule, Flag("use_karras_sigmas", false) ? TimestepSpacing.Karras : rule, steps, final, (int)Number("steps_offset", 0));
    }

    /// <summary>
    /// The levels of the Euler and Heun classes: as the DDIM family's, but linspace is not rounded, and σ is linear in t between the integers.
    /// </summary>
    public NoiseLevels EulerLevels(int steps)
    {
        if (Flag("use_karras_sigmas", false) || Text("timestep_spacing", "linspace") != "linspace")
        {
            return DdimLevels(steps);
        }

        var schedule = Schedule;
        var final = Text("final_sigmas_type", "zero") == "zero" ? 1 : schedule.AlphaBar(0);
        return NoiseLevels.Custom(T, final, [.. Enumerable.Range(0, steps).Select(i => Between((float)((steps - 1 - i) * ((T - 1.0) / (steps - 1)))))]);

        NoiseLevel Between(double t)
        {
            var (low, part) = ((int)t, t % 1);
            var sigma = part == 0 ? 0 : ((1 - part) * NoiseLevel.SigmaOf(schedule.AlphaBar(low))) + (part * NoiseLevel.SigmaOf(schedule.AlphaBar(low + 1)));
            return new(t, part == 0 ? schedule.AlphaBar(low) : 1 / (1 + (sigma * sigma)));
        }
    }

    /// <summary>Fails where the config has an option that was not looked at.</summary>
    public void Done() => Assert.Empty(config.EnumerateObject().Select(p => p.Name).Except(read));

    // S+1 points without the lowest, also for leading, which is not the DDIM family's.
    private Timesteps Tau(string spacing, int steps) => spacing switch
    {
        "linspace" => Timesteps.LinspaceSolver(T, steps),
        "leading" => Timesteps.Custom(T, [.. Enumerable.Range(0, steps).Select(i => ((steps - i) * (T / (steps + 1))) + (int)Number("steps_offset", 0))]),
        "trailing" => Timesteps.Trailing(T, steps),
        _ => throw new NotSupportedException(spacing),
    };

    private JsonElement? Find(string key)
    {
        read.Add(key);
        return config.TryGetProperty(key, out var value) ? value : null;
    }
}
