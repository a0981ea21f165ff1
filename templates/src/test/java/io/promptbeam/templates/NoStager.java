package io.promptbeam.templates;

import com.google.api.services.dataflow.model.DataflowPackage;
import java.util.List;
import org.apache.beam.runners.dataflow.util.PackageUtil;
import org.apache.beam.runners.dataflow.util.Stager;
import org.apache.beam.sdk.options.PipelineOptions;

/** Stages nothing: there is no bucket. */
public final class NoStager implements Stager {
  /** Called by reflection. */
  public static NoStager fromOptions(PipelineOptions options) {
    return new NoStager();
  }

  @Override
  public List<DataflowPackage> stageFiles(List<PackageUtil.StagedFile> files) {
    return List.of();
  }

  @Override
  public DataflowPackage stageToFile(byte[] bytes, String baseName) {
    return new DataflowPackage().setName(baseName).setLocation("gs://my-bucket/staging/x");
  }
}
