using DiffusionSharp.Networks;
using DiffusionSharp.Noise;
using DiffusionSharp.Sampling.Plans;

namespace DiffusionSharp.Sampling.Execution;

/// <summary>Refuses a request that cannot be carried out, before the first network call.</summary>
internal static class SamplerCheck
{
    public static void Check(IDenoiser denoiser, SamplingPlan plan, SamplerRequest request)
    {
        ArgumentNullException.ThrowIfNull(request.Noise, nameof(request));
        var (channels, height, width) = request.Shape;
        if (channels < 1 || height < 1 || width < 1)
        {
            throw Invalid($"the image shape is {request.Shape}: every dimension must be at least 1");
        }

        if (request.Count < 1 || request.BatchSize < 1)
        {
            throw Invalid($"{request.Count} images in batches of {request.BatchSize}: both must be at least 1");
        }

        if (denoiser.OutputChannels != channels && denoiser.OutputChannels != 2 * channels)
        {
            throw Invalid($"the network returns {denoiser.OutputChannels} channels for images of {channels}: "
                + $"expected {channels}, or {2 * channels} with learned variance");
        }

        if (plan.ReadsVariance)
        {
            RequireVariance(denoiser.OutputChannels, channels);
        }

        if (request.Noise.Count < request.Count)
        {
            throw Invalid($"{request.Count} images were asked for, the noise source has {request.Noise.Count}");
        }

        if (request.Labels is { } labels && labels.Length != request.Count)
        {
            throw Invalid($"{labels.Length} labels for {request.Count} images: give one per image");
        }

        foreach (var place in request.Only ?? [])
        {
            if (place < 0 || place >= request.Count)
            {
                throw Invalid($"image {place} is to be drawn, of {request.Count}: their places are 0 to {request.Count - 1}");
            }
        }

        var (elements, pixels) = (request.Shape.Elements, request.Shape.Height * request.Shape.Width);
        if (request.InitialX is { } x && !PerImage.Fits(x, request.Count, elements))
        {
            throw Invalid($"the initial x has {x.LongLength} values, expected [{request.Count}, {request.Shape}] = {(long)request.Count * elements}");
        }

        if (request.InitialX is null && !request.Noise.Covers(NoiseSource.InitialStep))
        {
            throw Invalid("recorded noise holds no x_T: give the initial x too");
        }

        var blends = plan.Steps.Any(s => s.Blends);
        if (blends != request.Inpainting is not null)
        {
            throw Invalid(blends ? "the plan has steps that blend: give known images and a mask" : "known images and a mask were given, but no step of the plan blends");
        }

        if (plan.IsGuided != request.Condition is not null)
        {
            throw Invalid(plan.IsGuided ? "the plan has steps under classifier guidance: give the condition's gradient" : "a condition's gradient was given, but no step of the plan reads it");
        }

        if (request.Inpainting is { } inpainting
            && !(PerImage.Fits(inpainting.Known, request.Count, elements) && PerImage.Fits(inpainting.Mask, request.Count, pixels) && inpainting.Mask.All(p => p is >= 0 and <= 1)))
        {
            throw Invalid($"{inpainting.Known.LongLength} values of known images and a mask of {inpainting.Mask.LongLength}: "
                + $"expected {(long)request.Count * elements} and {(long)request.Count * pixels}, the mask within [0, 1]");
        }

        for (var k = 0; k < plan.Steps.Count; k++)
        {
            if (plan.Steps[k].Blends && !request.Noise.Covers(NoiseSource.KnownStep(k)))
            {
                throw Invalid($"step {k} noises the known images, which a recording has no noise for: take the noise from seeds");
            }

            if (plan.Steps[k].Sigma != 0 && !request.Noise.Covers(k))
            {
                throw Invalid($"step {k} of {plan.Steps.Count} needs noise, the recording has {request.Noise.RecordedSteps} steps");
            }
        }
    }

    /// <summary>Refuses a network that predicts no variance.</summary>
    public static void RequireVariance(int outputChannels, int channels)
    {
        if (outputChannels != 2 * channels)
        {
            throw Invalid($"eta learned takes the variance from the network, which returns {outputChannels} channels for images of {channels}, not "
                + $"{2 * channels}: use eta 1 (the smaller variance) or hat (the larger), or a network with learned variance");
        }
    }

    private static DiffusionException Invalid(string message) => new(ErrorKind.Configuration, "sampling: " + message);
}
