using DiffusionSharp.Noise;

namespace DiffusionSharp.Sampling;

/// <summary>
/// Carries out a <see cref="SamplingPlan"/>: the only loop over a plan. x lives here in float64 and is rounded to float32
/// for the network only.
/// </summary>
public static class Sampler
{
    /// <summary>Samples images.</summary>
    /// <param name="denoiser">The network.</param>
    /// <param name="plan">The steps; its prediction type must be the network's.</param>
    /// <param name="request">How many images of what shape, from which noise.</param>
    /// <returns>The images, [N, C, H, W], in the order of the noise source.</returns>
    /// <exception cref="DiffusionException">The request contradicts itself or the plan, or the network returned NaN or infinity.</exception>
    /// <exception cref="OperationCanceledException">The request's token was cancelled.</exception>
    public static SampledImages Run(IDenoiser denoiser, SamplingPlan plan, SamplerRequest request)
    {
        ArgumentNullException.ThrowIfNull(denoiser);
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(request);
        SamplerCheck.Check(denoiser, plan, request);

        var elements = request.Shape.Elements;
        var result = new double[checked(request.Count * elements)];
        var batches = (request.Count + request.BatchSize - 1) / request.BatchSize;
        var buffers = new SamplerBuffers(denoiser, request);
        for (var batch = 0; batch < batches; batch++)
        {
            var first = batch * request.BatchSize;
            var count = Math.Min(request.BatchSize, request.Count - first);
            var x = result.AsSpan(first * elements, count * elements);
            Start(plan, request, first, x);
            var call = batch * plan.NetworkCalls;
            for (var k = 0; k < plan.Steps.Count; k++)
            {
                if (plan.Steps[k].Timestep is not { } t)
                {
                    Renoise(plan, k, request, first, x, buffers);
                    continue;
                }

                request.CancellationToken.ThrowIfCancellationRequested();
                Predict(denoiser, request, t, first, count, x, buffers);
                Advance(plan, k, request, first, x, buffers);
                request.Progress?.Invoke(new SamplerProgress
                {
                    Call = ++call,
                    Calls = batches * plan.NetworkCalls,
                    Step = k,
                    Timestep = t,
                    FirstImage = first,
                    ImageCount = count,
                    X = x,
                    X0 = buffers.X0.AsSpan(0, x.Length),
                });
            }
        }

        return new SampledImages(request.Shape, request.Count, result);
    }

    private static void Start(SamplingPlan plan, SamplerRequest request, int first, Span<double> x)
    {
        var elements = request.Shape.Elements;
        if (request.InitialX is { } given)
        {
            given.AsSpan(first * elements, x.Length).CopyTo(x);
        }
        else
        {
            for (var i = 0; i < x.Length / elements; i++)
            {
                request.Noise.Fill(first + i, NoiseSource.InitialStep, x.Slice(i * elements, elements));
            }
        }

        foreach (ref var value in x)
        {
            value *= plan.InitialScale;
        }
    }

    private static void Predict(
        IDenoiser denoiser, SamplerRequest request, double t, int first, int count, ReadOnlySpan<double> x, SamplerBuffers buffers)
    {
        var input = buffers.Input.AsSpan(0, x.Length);
        Precision.Narrow(x, input);
        var timesteps = buffers.Timesteps.AsSpan(0, count);
        timesteps.Fill(t);
        denoiser.Predict(
            new DenoiserInput
            {
                Count = count,
                Shape = request.Shape,
                X = input,
                Timesteps = timesteps,
                Labels = request.Labels is { } labels ? labels.AsSpan(first, count) : default,
                CancellationToken = request.CancellationToken,
            },
            buffers.Output.AsSpan(0, count * buffers.OutputElements));
    }

    private static void Advance(SamplingPlan plan, int k, SamplerRequest request, int first, Span<double> x, SamplerBuffers buffers)
    {
        var step = plan.Steps[k];
        var elements = request.Shape.Elements;
        for (var i = 0; i < x.Length / elements; i++)
        {
            // A network with learned variance returns 2C channels; the prediction is the first C.
            var output = buffers.Output.AsSpan(i * buffers.OutputElements, elements);
            if (!Precision.Widen(output, buffers.M))
            {
                throw new DiffusionException(
                    ErrorKind.NonFinite,
                    $"step {k} (t = {step.Timestep}): the network returned NaN or infinity for image {first + i}; "
                    + "the weights or the input are broken, or the compute type is too narrow (try float32)");
            }

            var image = x.Slice(i * elements, elements);
            var x0 = buffers.X0.AsSpan(i * elements, elements);
            StepArithmetic.PredictX0(step, plan.X0Treatment, image, buffers.M, x0, buffers.Work);
            StepArithmetic.Advance(step, image, buffers.M, x0, Noise(step, k, request, first + i, buffers));
        }
    }

    private static void Renoise(SamplingPlan plan, int k, SamplerRequest request, int first, Span<double> x, SamplerBuffers buffers)
    {
        var step = plan.Steps[k];
        var elements = request.Shape.Elements;
        for (var i = 0; i < x.Length / elements; i++)
        {
            StepArithmetic.Renoise(step, x.Slice(i * elements, elements), Noise(step, k, request, first + i, buffers));
        }
    }

    private static ReadOnlySpan<double> Noise(in SamplingStep step, int k, SamplerRequest request, int image, SamplerBuffers buffers)
    {
        if (step.Sigma == 0)
        {
            return default;
        }

        request.Noise.Fill(image, k, buffers.Work);
        return buffers.Work;
    }
}
