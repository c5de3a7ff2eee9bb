using System.Text.Json;
using System.Text.Json.Nodes;
using DiffusionSharp.Models.Configs;
using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Sampling.Solvers;
using DiffusionSharp.Schedules;

namespace Conformance.Sampling;

/// <summary>From a diffusers scheduler_config to the parts of a plan that does what diffusers' own step() does.</summary>
internal static class DiffusersConfig
{
    public static SchedulerConfig Read(JsonElement config, string className)
    {
        var json = JsonNode.Parse(config.GetRawText())!.AsObject();
        json.Remove("note");
        json["_class_name"] = className;
        return SchedulerConfigJson.Parse(json.ToJsonString(), className);
    }

    public static Timesteps Timesteps(SchedulerConfig config, int steps) => config.TimestepSpacing switch
    {
        "leading" => DiffusionSharp.Schedules.Timesteps.Leading(config.NumTrainTimesteps, steps, config.StepsOffset),
        "trailing" => DiffusionSharp.Schedules.Timesteps.Trailing(config.NumTrainTimesteps, steps),
        _ => DiffusionSharp.Schedules.Timesteps.Linspace(config.NumTrainTimesteps, steps),
    };

    /// <summary>DDIM keeps the network's ε unless use_clipped_model_output; DDPM's posterior mean is the re-derived one.</summary>
    public static DdimOptions Options(SchedulerConfig config, Eta eta, bool keepEpsilon) => new()
    {
        Eta = eta,
        PredictionType = config.PredictionType,
        X0Treatment = (config.Thresholding, config.ClipSample) switch
        {
            (true, _) => X0Treatment.DynamicThreshold(config.DynamicThresholdingRatio, config.SampleMaxValue, keepEpsilon),
            (_, true) => X0Treatment.Clip(config.ClipSampleRange, keepEpsilon),
            _ => X0Treatment.None,
        },
        FinalAlphaBar = config.SetAlphaToOne ? FinalAlphaBar.One : FinalAlphaBar.AlphaBarZero,
    };
}
