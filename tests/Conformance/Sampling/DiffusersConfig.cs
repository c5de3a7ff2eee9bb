using System.Text.Json;
using DiffusionSharp.Sampling;
using DiffusionSharp.Schedules;

namespace Conformance.Sampling;

/// <summary>What the fields of a diffusers scheduler_config mean, with their defaults.</summary>
internal static class DiffusersConfig
{
    public static NoiseSchedule Schedule(JsonElement config)
    {
        var T = Int(config, "num_train_timesteps", 1000);
        double start = Number(config, "beta_start", 1e-4), end = Number(config, "beta_end", 0.02);
        var schedule = Text(config, "beta_schedule", "linear") switch
        {
            "linear" => NoiseSchedule.Linear(T, start, end),
            "scaled_linear" => NoiseSchedule.ScaledLinear(T, start, end),
            "squaredcos_cap_v2" => NoiseSchedule.Cosine(T),
            "sigmoid" => NoiseSchedule.Sigmoid(T, start, end),
            var other => throw new NotSupportedException(other),
        };
        return Flag(config, "rescale_betas_zero_snr", false) ? schedule.WithZeroTerminalSnr() : schedule;
    }

    public static Timesteps Timesteps(JsonElement config, int steps) => DiffusionSharp.Schedules.Timesteps.Create(
        Text(config, "timestep_spacing", "leading") switch
        {
            "leading" => TimestepSpacing.Leading,
            "trailing" => TimestepSpacing.Trailing,
            "linspace" => TimestepSpacing.Linspace,
            var other => throw new NotSupportedException(other),
        },
        Int(config, "num_train_timesteps", 1000),
        steps,
        Int(config, "steps_offset", 0));

    public static PredictionType Prediction(JsonElement config) => Text(config, "prediction_type", "epsilon") switch
    {
        "epsilon" => PredictionType.Epsilon,
        "sample" => PredictionType.Sample,
        "v_prediction" => PredictionType.VPrediction,
        var other => throw new NotSupportedException(other),
    };

    /// <summary>DDIM keeps the network's ε unless use_clipped_model_output; DDPM's posterior mean is the re-derived one.</summary>
    public static X0Treatment X0Treatment(JsonElement config, bool keepEpsilon)
    {
        if (Flag(config, "thresholding", false))
        {
            return DiffusionSharp.Sampling.X0Treatment.DynamicThreshold(
                Number(config, "dynamic_thresholding_ratio", 0.995), Number(config, "sample_max_value", 1), keepEpsilon);
        }

        return Flag(config, "clip_sample", true)
            ? DiffusionSharp.Sampling.X0Treatment.Clip(Number(config, "clip_sample_range", 1), keepEpsilon)
            : DiffusionSharp.Sampling.X0Treatment.None;
    }

    public static FinalAlphaBar Final(JsonElement config) =>
        Flag(config, "set_alpha_to_one", true) ? FinalAlphaBar.One : FinalAlphaBar.AlphaBarZero;

    public static string Text(JsonElement e, string name, string standard) => e.TryGetProperty(name, out var v) ? v.GetString()! : standard;

    public static double Number(JsonElement e, string name, double standard) => e.TryGetProperty(name, out var v) ? v.GetDouble() : standard;

    public static bool Flag(JsonElement e, string name, bool standard) => e.TryGetProperty(name, out var v) ? v.GetBoolean() : standard;

    private static int Int(JsonElement e, string name, int standard) => e.TryGetProperty(name, out var v) ? v.GetInt32() : standard;
}
